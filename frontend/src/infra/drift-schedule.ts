/** How often an environment is looked at for drift. Pure. */
export const SCHEDULES: readonly (readonly [minutes: number | null, words: string])[] = [
  [null, 'only when asked'],
  [15, 'every 15 minutes'],
  [60, 'every hour'],
  [360, 'every 6 hours'],
  [1_440, 'every day'],
  [10_080, 'every week'],
];

export function scheduleWords(minutes: number | null): string {
  const known = SCHEDULES.find(([each]) => each === minutes);
  if (known) return known[1];
  if (minutes === null) return 'only when asked';
  return minutes % 60 === 0 ? `every ${minutes / 60} hours` : `every ${minutes} minutes`;
}

/** The choices, with the one that is set among them. */
export function scheduleChoices(minutes: number | null): { value: string; label: string }[] {
  const choices = SCHEDULES.map(([each, label]) => ({ value: String(each ?? ''), label }));
  return SCHEDULES.some(([each]) => each === minutes)
    ? choices
    : [...choices, { value: String(minutes), label: scheduleWords(minutes) }];
}
export const minutesOf = (value: string): number | null => (value === '' ? null : Number(value));
