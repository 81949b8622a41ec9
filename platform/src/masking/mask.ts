/**
 * What a secret looks like, and its removal from anything that leaves the process: logs, events, errors, the audit trail.
 *
 * Two nets. By name: the value under a key such as `password` or `docker_token`, and the `value` of a variable that is named
 * so (`{name: 'DB_PASSWORD', value}`). By value: known secrets in plain, base64 and URL-encoded form, plus shapes that are
 * secrets wherever they stand (private keys, AWS and GitHub keys, credentials in a URL, bearer tokens). A masked value is
 * `[masked]`; its length does not show.
 */
export const MASKED = '[masked]';

const SECRET_KEY =
  /(pass(word|wd|phrase)?$|secret|token$|_token|^token|api_?key|access_?key|private_?key|credential_value|authorization|cookie|^values$|^totp$|^pem$)/i;
/** Keys that match the rule above but hold no secret. */
const HARMLESS_KEY =
  /^(token_id|secrets|secret_name|csrf|has_secret|credential|token_prefix|page_token|secret_version|max_tokens)$/i;

const SHAPES: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASKED],
  [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/g, MASKED],
  [/\b(ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}\b/g, MASKED],
  [/\bgithub_pat_[A-Za-z0-9_]{20,}\b/g, MASKED],
  [/\bglpat-[A-Za-z0-9_-]{16,}\b/g, MASKED],
  [/\bdckr_pat_[A-Za-z0-9_-]{16,}\b/g, MASKED],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}\b/g, MASKED],
  [/\bad[ps]_[A-Za-z0-9_-]{20,}/g, MASKED],
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"']*:)[^\s/@"']+(@)/gi, `$1${MASKED}$2`],
  [/(\b(?:authorization["']?\s*[:=]\s*["']?)?(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${MASKED}`],
];

/** Removes known secret values, in the forms in which they travel, from any text. */
export class Masker {
  #values: string[] = [];

  constructor(values: Iterable<string> = []) {
    for (const value of values) this.add(value);
  }

  /** Values under four characters are left alone: masking them would tell more than it hides. */
  add(value: string): void {
    const parts = value.includes('\n') ? [value, ...value.split('\n')] : [value];
    for (const part of parts) {
      const plain = part.trim();
      if (plain.length < 4) continue;
      for (const form of [plain, ...base64Forms(plain), encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1)])
        if (form.length >= 4 && !this.#values.includes(form)) this.#values.push(form);
    }
    this.#values.sort((a, b) => b.length - a.length); // the longest first: a secret may contain another
  }

  text(text: string): string {
    let masked = text;
    for (const value of this.#values) if (masked.includes(value)) masked = masked.replaceAll(value, MASKED);
    return masked;
  }
}

/** base64 of a secret inside a longer string (`user:secret`) depends on its offset: the stable middle of all three. */
function base64Forms(plain: string): string[] {
  const whole = Buffer.from(plain).toString('base64');
  const forms = [whole, whole.replace(/=+$/, ''), Buffer.from(plain).toString('base64url')];
  for (const offset of [1, 2]) {
    const shifted = Buffer.from('\0'.repeat(offset) + plain)
      .toString('base64')
      .replace(/=+$/, '');
    const middle = shifted.slice(offset + 1, -2); // the edges mix with neighbouring bytes
    if (middle.length >= 8) forms.push(middle);
  }
  const middle = whole.replace(/=+$/, '').slice(0, -2);
  if (middle.length >= 8) forms.push(middle);
  return forms;
}

/** A part that each of the shapes has: most texts have none and are done with one look. */
const ANY_SHAPE =
  /PRIVATE KEY|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|dckr_pat_|xox[abprs]-|ad[ps]_|:\/\/|bearer|basic/i;

/** A text with every shape of a secret, and every value the masker knows, replaced. */
export function maskText(text: string, masker?: Masker): string {
  let masked = masker ? masker.text(text) : text;
  if (!ANY_SHAPE.test(masked)) return masked;
  for (const [shape, replacement] of SHAPES) masked = masked.replace(shape, replacement);
  return masked;
}

/** Keys repeat: what was found out about one is kept, as long as they are few. */
const KEYS = new Map<string, boolean>();
function isSecretKey(key: string): boolean {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const secret = SECRET_KEY.test(key) && !HARMLESS_KEY.test(key);
  if (KEYS.size < 5_000 && key.length < 100) KEYS.set(key, secret);
  return secret;
}

/** A deep copy of any JSON-like value, masked by key and by value. Cycles and depth over 20 become a word. */
export function mask(value: unknown, masker?: Masker, depth = 0): unknown {
  if (typeof value === 'string') return maskText(value, masker);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 20) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => mask(item, masker, depth + 1));
  const copy: Record<string | symbol, unknown> = {};
  const named = 'name' in value && typeof value.name === 'string' && isSecretKey(value.name);
  for (const key of Reflect.ownKeys(value)) {
    const item = (value as Record<string | symbol, unknown>)[key];
    const secret = typeof key === 'string' && (isSecretKey(key) || (named && key === 'value'));
    if (!secret) copy[key] = mask(item, masker, depth + 1);
    else if (item === null || item === undefined || item === '' || typeof item === 'boolean') copy[key] = item;
    else if (key === 'values' && typeof item === 'object')
      copy[key] = Object.fromEntries(Object.keys(item).map((name) => [name, MASKED])); // the names of a secret's keys are no secret
    else copy[key] = MASKED;
  }
  return copy;
}
