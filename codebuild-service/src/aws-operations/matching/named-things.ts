/**
 * Names beside their noun: `the bucket shop-assets`, `prod cluster`, `a role called builder`. A name is a word that the
 * catalogue does not use itself, or one that looks like nothing else (`shop-assets`, `v1.2`). Pure.
 */
import { OPERATIONS } from '../catalogue/all.js';
import { isEmpty, wordsOf } from './vocabulary.js';

/** Words that operations speak in: no names, unless they are quoted. */
const OWN_WORDS = new Set(
  OPERATIONS.flatMap(({ title, phrases, description }) => [title, description, ...phrases])
    .join(' ')
    .toLowerCase()
    .match(/[a-z]+/g),
);
const VERBS_OF_PEOPLE = new Set([
  'want',
  'need',
  'know',
  'help',
  'named',
  'called',
  'status',
  'state',
  'days',
  'hours',
  'nodes',
  'port',
]);
/** Never a name, in whatever place. */
const isWord = (token: string): boolean =>
  OWN_WORDS.has(token.toLowerCase()) || isEmpty(token.toLowerCase()) || VERBS_OF_PEOPLE.has(token.toLowerCase());
/** Has what only names have: a digit or a mark inside. */
const isOdd = (token: string): boolean =>
  /^[A-Za-z0-9][\w.@:+/-]*$/.test(token) && /[-._/@:\d]/.test(token) && !/^\d+$/.test(token);
const isName = (token: string | undefined): token is string =>
  token !== undefined &&
  /^[A-Za-z0-9][\w.@:+/-]*$/.test(token) &&
  !/^\d+$/.test(token) &&
  (isOdd(token) || !isWord(token));

/** Tokens of what is left after the things of a sure shape were taken out; marks at the end of words are dropped. */
export const tokensOf = (rest: string): string[] =>
  rest
    .split(/\s+/)
    .map((token) => token.replace(/^[("']+|[)"'.,;:!?]+$/g, '').replace(/'s$/, ''))
    .filter((token) => token !== '');

/** The name beside one of these nouns: after it, after `named`, or before it. */
export function namedBy(nouns: readonly string[], tokens: readonly string[]): string | undefined {
  const lower = tokens.map((token) => token.toLowerCase());
  for (const noun of nouns) {
    const words = noun.split(' ');
    for (let at = 0; at + words.length <= lower.length; at += 1) {
      if (!words.every((word, offset) => lower[at + offset] === word || lower[at + offset] === `${word}s`)) continue;
      const after = at + words.length;
      const next = /^(named|called|name|id|is|with|=)$/.test(lower[after] ?? '') ? after + 1 : after;
      const follower = next !== after && lower[next] === 'name' ? next + 1 : next;
      if (isName(tokens[follower])) return tokens[follower];
      if (isName(tokens[at - 1])) return tokens[at - 1];
    }
  }
  return undefined;
}
/** The name after `called` or `named`, whatever it is of. */
export function calledSo(tokens: readonly string[]): string | undefined {
  const at = tokens.findIndex((token) => /^(named|called)$/i.test(token));
  return at === -1 ? undefined : tokens[at + 1];
}
/** The one word of the text that can only be a name; none, or several, are nothing. */
export function onlyOddName(tokens: readonly string[]): string | undefined {
  const odd = tokens.filter((token) => isOdd(token) && wordsOf(token).length > 0);
  return odd.length === 1 ? odd[0] : undefined;
}
/** The word after one of these, whatever it looks like. */
export function wordAfter(markers: RegExp, tokens: readonly string[]): string | undefined {
  const at = tokens.findIndex((token) => markers.test(token));
  return at === -1
    ? undefined
    : tokens.slice(at + 1).find((token) => !/^(the|a|an|of|is|to|named|called)$/i.test(token));
}
