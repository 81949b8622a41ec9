/** A rule of removal as a sentence. Pure. */
import type { LifecycleRule } from '../api/images.js';
import { count } from '../ui/words.js';

export function ruleSentence(rule: LifecycleRule): string {
  const which = {
    any: 'any image',
    untagged: 'an image without a tag',
    tagged:
      rule.tag_prefixes.length === 0
        ? 'an image with a tag'
        : `an image whose tag begins with ${rule.tag_prefixes.join(' or ')}`,
  }[rule.tags];
  const when =
    rule.keep_last !== undefined
      ? `when it is not among the newest ${rule.keep_last}`
      : `${count(rule.older_than_days ?? 0, 'day')} after it was pushed`;
  return `Removes ${which} ${when}.`;
}
