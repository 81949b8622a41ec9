/**
 * What a request in words means: by the model where there is one, by matching where there is none or it fails. Of the model
 * only names of the catalogue are taken, and of its parameters only those that their schema takes.
 */
import type { AskCandidate, AskView } from '@aws-deployer/platform/contracts/aws-operations';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { QueryReader } from '../ports/query-reader.js';
import { OPERATIONS, operationNamed } from './catalogue/all.js';
import { match, type Candidate, type Match } from './matching/match.js';
import { isOptional, needsConfirmation, shapesOf, type Operation } from './operation.js';
import { parametersSchema } from './operation-list.js';

export interface Understood {
  readonly by: AskView['understood_by'];
  readonly chosen: Candidate | null;
  readonly candidates: readonly Candidate[];
  /** As the words name it. */
  readonly region: string | null;
}

export class Understanding {
  constructor(
    /** null: words are matched. */
    private readonly reader: QueryReader | null,
    private readonly log: Logger,
  ) {}

  async of(query: string, signal: AbortSignal): Promise<Understood> {
    const matched = match(query);
    if (this.reader === null) return { by: 'local', ...matched };
    try {
      const { operation: name, parameters } = await this.reader.read(query, readable(), signal);
      const operation = name === null ? undefined : operationNamed(name);
      if (name !== null && operation === undefined) return { by: 'local', ...matched }; // it made a name up
      return { by: 'bedrock', ...byModel(matched, operation, parameters) };
    } catch (error) {
      if (signal.aborted) throw error;
      this.log.warn('the model could not be asked, words are matched', { reason: messageOf(error) });
      return { by: 'local', ...matched };
    }
  }
}

function byModel(matched: Match, operation: Operation | undefined, said: Readonly<Record<string, unknown>>): Match {
  if (operation === undefined) return { ...matched, chosen: null };
  const shapes = shapesOf(operation);
  const parameters = Object.fromEntries(
    shapes.flatMap(([name, shape]) =>
      name in said && shape.safeParse(said[name]).success ? [[name, said[name]] as const] : [],
    ),
  );
  const missing = shapes.flatMap(([name, shape]) => (name in parameters || isOptional(shape) ? [] : [name]));
  const chosen: Candidate = { operation, score: 1, parameters, missing };
  const others = matched.candidates.filter((candidate) => candidate.operation !== operation);
  return { ...matched, chosen, candidates: [chosen, ...others].slice(0, 5) };
}

let told: { name: string; title: string; parameters: unknown }[] | undefined;
const readable = () =>
  (told ??= OPERATIONS.map((operation) => ({
    name: operation.name,
    title: needsConfirmation(operation) ? `${operation.title} (changes or reveals something)` : operation.title,
    parameters: parametersSchema(operation),
  })));

export const candidateView = ({ operation, score, parameters, missing }: Candidate): AskCandidate => ({
  operation: operation.name,
  title: operation.title,
  effect: operation.effect,
  score,
  parameters: { ...parameters },
  missing: [...missing],
});
