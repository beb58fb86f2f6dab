// Checks of JSON that came from elsewhere: what a type says is asked of the value, property by property. Knows nothing
// of what the values are for.

export type Check = (value: unknown) => boolean;
/** A check for each property; TypeScript sees to it that none is forgotten. */
export type Shape<T> = { readonly [Name in keyof Required<T>]: Check };

export const text: Check = (value) => typeof value === 'string';
export const texts: Check = (value) => Array.isArray(value) && value.every(text);
/** A whole number of at least 0. */
export const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const flag: Check = (value) => typeof value === 'boolean';

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

export const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** An object with any names. */
export const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

/** Properties that the shape does not name are nobody's business. */
export const has =
  <T>(shape: Shape<T>): Check =>
  (value) =>
    isObject(value) &&
    (Object.entries(shape) as [string, Check][]).every(([name, check]) => check(own(value, name)));

/** Undefined where the text is no JSON, or other JSON than the check asks for. */
export function parseJson<T>(json: string, check: Check): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return check(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the JSON says, not what every object inherits. */
const own = (value: object, name: string): unknown =>
  Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
