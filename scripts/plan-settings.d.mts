export function planSettingFiles(): readonly (readonly [name: string, text: string])[];
