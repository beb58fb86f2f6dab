export function referencePages(): readonly (readonly [name: string, text: string])[];
