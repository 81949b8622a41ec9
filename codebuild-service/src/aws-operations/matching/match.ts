/**
 * Words to an operation, without a model: how well they fit its phrases, weighted by how rare each word is over the
 * catalogue, and how well its parameters can be read out of them. Nothing is run on a doubt: two that fit alike, words
 * that fit nothing, or a parameter that is missing only give candidates. Pure.
 *
 * A question never becomes a change: operations that change anything stand for choice only where the words order something
 * to be done, with a verb of that operation.
 */
import { OPERATIONS } from '../catalogue/all.js';
import { isOptional, needsConfirmation, serviceOf, shapesOf, type Operation } from '../operation.js';
import { entitiesOf, type Entities } from './entities.js';
import { tokensOf } from './named-things.js';
import { OPTIONAL_WORDS, PARAMETER_WORDS, type Said } from './parameter-words.js';
import { CHANGING, moodOf, wordsOf } from './vocabulary.js';

export interface Candidate {
  readonly operation: Operation;
  /** 0 to 1 and a little more. */
  readonly score: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Parameters that it needs and the words do not give. */
  readonly missing: readonly string[];
}
export interface Match {
  /** The best first, at most five. */
  readonly candidates: readonly Candidate[];
  /** The first, where there is no doubt; it may still lack parameters. */
  readonly chosen: Candidate | null;
  readonly region: string | null;
}

const SHOWN = 5;
/** Below it the words speak of something else. */
const LEAST = 0.45;
/** Of a change the words must say more: a no costs less than a wrong question. */
const LEAST_OF_CHANGE = 0.55;
/** The second must be this far behind. */
const LEAD = 0.05;

interface Document {
  readonly operation: Operation;
  readonly phrases: readonly (readonly string[])[];
  readonly words: ReadonlySet<string>;
  /** Verbs by which it is ordered; empty for what reads. */
  readonly verbs: ReadonlySet<string>;
}
const DOCUMENTS: readonly Document[] = OPERATIONS.map((operation) => {
  const spoken = [operation.title, operation.name.replace('.', ' '), ...operation.phrases];
  const phrases = spoken.map(wordsOf);
  const service = serviceOf(operation);
  return {
    operation,
    phrases,
    words: new Set([...phrases.flat(), ...wordsOf(service), service]),
    verbs: new Set(
      needsConfirmation(operation) ? phrases.flatMap((phrase) => phrase.find((word) => CHANGING.has(word)) ?? []) : [],
    ),
  };
});
const FOUND_IN = new Map<string, number>();
for (const { words } of DOCUMENTS) for (const word of words) FOUND_IN.set(word, (FOUND_IN.get(word) ?? 0) + 1);
/** A word that few operations use tells more; one that none uses tells that something else is meant. */
const weightOf = (word: string): number => Math.log(1 + DOCUMENTS.length / ((FOUND_IN.get(word) ?? 2) + 0.5));
const sum = (words: Iterable<string>): number => [...words].reduce((total, word) => total + weightOf(word), 0);

export function match(query: string): Match {
  const entities = entitiesOf(query);
  const said: Said = { query, entities, tokens: tokensOf(entities.rest) };
  const mood = moodOf(query);
  const words = new Set(wordsOf(moodOf(entities.rest).text));
  const orders = mood.asking || mood.negated ? null : [...words].filter((word) => CHANGING.has(word));
  const candidates = DOCUMENTS.filter((document) => mayBeMeant(document, orders) && knowsTheThing(document, words))
    .map((document) => candidateOf(document, said))
    .sort((a, b) => b.score - a.score || a.operation.name.localeCompare(b.operation.name))
    .slice(0, SHOWN)
    .filter(({ score }) => score > LEAST / 2);
  const [first, second] = candidates;
  const sure = first !== undefined && first.score >= leastOf(first) && first.score - (second?.score ?? 0) >= LEAD;
  return { candidates, chosen: sure ? first : null, region: entities.region };
}

const leastOf = ({ operation }: Candidate): number => (needsConfirmation(operation) ? LEAST_OF_CHANGE : LEAST);

/** `orders`: the verbs of change that are used; null: the words ask, or forbid. */
function mayBeMeant({ operation, verbs }: Document, orders: readonly string[] | null): boolean {
  if (operation.effect === 'reveal') return true; // it changes nothing, and is asked for as things are; a yes is needed all the same
  if (orders === null || orders.length === 0) return !needsConfirmation(operation);
  return orders.some((verb) => verbs.has(verb));
}

/** A verb alone is not enough: of `delete vpc vpc-…` no deletion of something else is meant. */
function knowsTheThing({ words: known }: Document, words: ReadonlySet<string>): boolean {
  const things = [...words].filter((word) => !CHANGING.has(word) && FOUND_IN.has(word));
  return things.length === 0 || things.some((word) => known.has(word));
}

function candidateOf({ operation, phrases, words: known }: Document, said: Said): Candidate {
  const { parameters, missing } = parametersOf(operation, said);
  const taken = new Set(Object.values(parameters)); // what a parameter has taken is no word any more
  const about = new Set(wordsOf(said.tokens.filter((token) => !taken.has(token)).join(' ')));
  const whole = sum(about);
  const closest = Math.max(...phrases.map((phrase) => likeness(about, whole, new Set(phrase))));
  const covered = whole === 0 ? 0 : sum([...about].filter((word) => known.has(word))) / whole;
  const given = Object.keys(parameters).length;
  const score =
    0.6 * closest +
    0.4 * covered +
    0.06 * Math.min(given, 3) -
    0.08 * missing.length -
    0.15 * leftOver(said.entities, parameters) -
    (needsConfirmation(operation) ? 0.3 * strangers(about, known) : 0);
  return { operation, score: Math.round(score * 1000) / 1000, parameters, missing };
}
/** Twice the weight of what is shared, by the weight of both. */
function likeness(about: ReadonlySet<string>, whole: number, phrase: ReadonlySet<string>): number {
  const both = whole + sum(phrase);
  return both === 0 ? 0 : (2 * sum([...phrase].filter((word) => about.has(word)))) / both;
}
/** Ids and the like that were named and that the operation has no use for: it is hardly the one that is meant. */
function leftOver(
  { ids, accessKeys, cidrs, digests }: Entities,
  parameters: Readonly<Record<string, unknown>>,
): number {
  const used = JSON.stringify(parameters);
  return [...Object.values(ids).flat(), ...accessKeys, ...cidrs, ...digests].filter((thing) => !used.includes(thing))
    .length;
}

/** Words of the catalogue that this operation does not know: of a change they tell that another one is meant. */
const strangers = (about: ReadonlySet<string>, known: ReadonlySet<string>): number =>
  [...about].filter((word) => FOUND_IN.has(word) && !known.has(word) && !CHANGING.has(word)).length;

function parametersOf(operation: Operation, said: Said): Pick<Candidate, 'parameters' | 'missing'> {
  const parameters: Record<string, unknown> = {};
  const missing: string[] = [];
  for (const [name, shape] of shapesOf(operation)) {
    const optional = isOptional(shape);
    const find = (optional ? OPTIONAL_WORDS[name] : undefined) ?? PARAMETER_WORDS[name];
    const value = find?.(said);
    if (value !== undefined && !isNothing(value) && shape.safeParse(value).success) parameters[name] = value;
    else if (!optional) missing.push(name);
  }
  return { parameters, missing };
}
const isNothing = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
