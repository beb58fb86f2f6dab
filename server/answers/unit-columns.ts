// Sums a unit that is drawn again as a whole, and columns of them as the bootstrap takes them. Where documents are many
// they are dealt over a fixed number of units, which keeps intervals and bounds the work.

const MOST_UNITS = 1000;

export class ColumnsOfUnits {
  readonly sums: Float64Array;
  readonly #units: Float64Array[] = [];
  #nAdded = 0;

  constructor(nColumns: number) {
    this.sums = new Float64Array(nColumns);
  }

  /** Adds a document: one value a column. */
  add(values: Float64Array): void {
    const at = this.#nAdded++ % MOST_UNITS;
    this.#units[at] ??= new Float64Array(values.length);
    const unit = this.#units[at];
    for (const [column, value] of values.entries()) {
      unit[column]! += value;
      this.sums[column]! += value;
    }
  }

  columns(): readonly Float64Array[] {
    return Array.from(this.sums, (_, column) => Float64Array.from(this.#units, (unit) => unit[column]!));
  }
}
