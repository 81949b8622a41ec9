/** Numbers, instants and digests as a person reads them. Pure; `now` is given, in milliseconds. */

/** `4.2 s`, `1 m 08 s`, `2 h 05 m`. Negative spans (a clock that is behind) read as nothing passed. */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < 10_000) return `${(span / 1000).toFixed(1)} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${String(seconds % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} m`;
  return `${Math.floor(hours / 24)} d`;
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, then the date. */
export function ago(instant: string, now: number): string {
  const seconds = Math.round((now - Date.parse(instant)) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 86_400 * 14) return `${Math.floor(seconds / 86_400)} d ago`;
  return new Date(instant).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** The full instant in the reader's own zone, for a tooltip. */
export function fullInstant(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}

/** `21:04:05.120` in the reader's zone, for tables and logs where lines share a day. */
export function clock(instant: string, milliseconds = false): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  const base = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return milliseconds ? `${base}.${String(at.getMilliseconds()).padStart(3, '0')}` : base;
}

/** The first seven letters of a commit. */
export const shortCommit = (commit: string): string => commit.slice(0, 7);

/** `sha256:9f2c…` as twelve letters of the hash. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

/** A sentence of the server with its digests cut to what a person compares; the full ones stand beside, to copy. */
export const readable = (sentence: string): string =>
  sentence.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1');

/** An image without its registry host and digest, a commit in its tag cut short: what tells images apart at a glance. */
export function shortImage(image: string): string {
  const [name = image] = image.split('@');
  const slash = name.indexOf('/');
  const host = slash > 0 ? name.slice(0, slash) : '';
  const bare = host.includes('.') || host.includes(':') || host === 'localhost' ? name.slice(slash + 1) : name;
  return bare.replace(/:([0-9a-f]{12})[0-9a-f]{28}$/, ':$1');
}

export const count = (value: number, one: string, many = `${one}s`): string =>
  `${value.toLocaleString()} ${value === 1 ? one : many}`;

/** `1.4 MB`, in steps of 1,000 as registries and AWS count. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'TB'}`;
}

/** `$0.12`; what is less than a cent keeps the digits that tell it from nothing. */
export function money(usd: number): string {
  if (usd === 0) return '$0';
  return `$${usd < 0.01 ? usd.toFixed(4) : usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** What the server says in half a sentence, as a whole one. */
export const stop = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
