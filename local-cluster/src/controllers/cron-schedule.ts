/**
 * Cron schedules as Kubernetes reads them: five fields (minute, hour, day of month, month, day of week) with lists,
 * ranges, steps and English names, or `@hourly` and its like; `@every 5m` counts from the epoch. Pure.
 */
export interface CronSchedule {
  /** The first instant after `after`; undefined where there is none within five years (31 February). */
  next(after: Date): Date | undefined;
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE_MS = 60_000;
const HORIZON_MS = 5 * 366 * 86_400_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE_MS, h: 3_600_000 };

interface Field {
  readonly values: ReadonlySet<number>;
  /** `*`: of the two day fields, one with a star leaves the choice to the other. */
  readonly star: boolean;
}

/** Throws an Error that says what is wrong. `timeZone` is an IANA name; UTC without one. */
export function parseCron(text: string, timeZone = 'UTC'): CronSchedule {
  const every = /^@every (\d+)([smh])$/.exec(text.trim());
  if (every !== null) return everySoOften(Number(every[1]) * (UNITS[every[2] ?? ''] ?? 0));
  const fields = (MACROS[text.trim()] ?? text).trim().split(/\s+/);
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${String(fields.length)}: [${text}]`);
  const [minute, hour, day, month, weekday] = [
    parseField(fields[0], 0, 59),
    parseField(fields[1], 0, 23),
    parseField(fields[2], 1, 31),
    parseField(fields[3], 1, 12, MONTHS, 1),
    parseField(fields[4], 0, 7, DAYS, 0),
  ];
  const weekdays = new Set([...weekday.values].map((value) => value % 7));
  const clock = wallClock(timeZone);
  return {
    next(after) {
      let at = Math.floor(after.getTime() / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      for (const end = at + HORIZON_MS; at < end;) {
        const now = clock(at);
        const rightDay =
          day.star || weekday.star
            ? day.values.has(now.day) && weekdays.has(now.weekday)
            : day.values.has(now.day) || weekdays.has(now.weekday);
        if (!month.values.has(now.month) || !rightDay)
          // To the next full hour, so that a change of the clock at midnight is not missed.
          at += (60 - now.minute) * MINUTE_MS;
        else if (!hour.values.has(now.hour)) at += (60 - now.minute) * MINUTE_MS;
        else if (!minute.values.has(now.minute)) at += MINUTE_MS;
        else return new Date(at);
      }
      return undefined;
    },
  };
}

const everySoOften = (periodMs: number): CronSchedule => ({
  next: (after) => new Date((Math.floor(after.getTime() / periodMs) + 1) * periodMs),
});

function parseField(text = '', least: number, most: number, names: readonly string[] = [], first = 0): Field {
  const values = new Set<number>();
  const number = (part: string): number => {
    const named = names.indexOf(part.toLowerCase());
    const value = named >= 0 ? named + first : /^\d+$/.test(part) ? Number(part) : NaN;
    if (Number.isNaN(value))
      throw new Error(`failed to parse int from ${part}: strconv.Atoi: parsing "${part}": invalid syntax`);
    if (value < least) throw new Error(`beginning of range (${part}) below minimum (${String(least)}): ${text}`);
    if (value > most) throw new Error(`end of range (${part}) above maximum (${String(most)}): ${text}`);
    return value;
  };
  for (const item of text.split(',')) {
    const [range = '', step] = item.split('/');
    const every = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(every) || every < 1) throw new Error(`step of range should be a positive number: ${item}`);
    const [from = '', to] = range.split('-');
    const start = from === '*' || from === '?' ? least : number(from);
    const end = from === '*' || from === '?' ? most : to !== undefined ? number(to) : step === undefined ? start : most;
    if (start > end) throw new Error(`beginning of range (${from}) beyond end of range (${to ?? ''}): ${item}`);
    for (let value = start; value <= end; value += every) values.add(value);
  }
  return { values, star: /^[*?]/.test(text) };
}

interface WallClock {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

function wallClock(timeZone: string): (atMs: number) => WallClock {
  if (timeZone === 'UTC')
    return (atMs) => {
      const at = new Date(atMs);
      return {
        minute: at.getUTCMinutes(),
        hour: at.getUTCHours(),
        day: at.getUTCDate(),
        month: at.getUTCMonth() + 1,
        weekday: at.getUTCDay(),
      };
    };
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    minute: 'numeric',
    hour: 'numeric',
    day: 'numeric',
    month: 'numeric',
    weekday: 'short',
  });
  return (atMs) => {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return {
      minute: Number(parts['minute']),
      hour: Number(parts['hour']),
      day: Number(parts['day']),
      month: Number(parts['month']),
      weekday: DAYS.indexOf((parts['weekday'] ?? '').toLowerCase()),
    };
  };
}
