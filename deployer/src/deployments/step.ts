/**
 * What a step of a deployment is: the work of one working state. A step may be run again from its beginning by another
 * process, so everything it does is harmless when it was done already; it keeps what it finds out with `record`.
 */
import type { LogLine, PodView, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Masker } from '@aws-deployer/platform/masking/mask';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { BuiltImages } from '../ports/built-images.js';
import type { Cluster } from '../ports/cluster.js';
import type { ImageBuilder } from '@aws-deployer/image-builder/image-builder';
import type { ImageRegistry } from '../ports/image-registry.js';
import type { SourceRepository } from '@aws-deployer/platform/git/source-repository';
import type { RegistryAccounts } from '../registries/registry-accounts.js';
import type { DeployerSchema } from '../schema.js';
import type { SecretService } from '../secrets/secret-service.js';
import type { Deployment } from './deployment.js';
import type { Facts } from './deployment-rows.js';
import type { EndsBefore } from './verdict/snapshot.js';

/** Everything of the outside that steps use. */
export interface StepParts {
  readonly database: Database<DeployerSchema>;
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly source: SourceRepository;
  /** Those that are there; `auto` takes docker if it is. */
  readonly builders: {
    readonly docker?: ImageBuilder;
    readonly host?: ImageBuilder;
    readonly codebuild?: ImageBuilder;
  };
  readonly builtImages: BuiltImages;
  readonly imageRegistry: ImageRegistry;
  readonly secrets: SecretService;
  readonly accounts: RegistryAccounts;
  /** Absolute; each deployment has a folder of its own in it, removed at its end. */
  readonly workDir: string;
  /** Whether the embedded cluster can run images that are not host-built. */
  readonly runsContainers: boolean;
}

export interface StepContext {
  /** As it is now: changes with every `record`. */
  readonly deployment: Deployment;
  readonly parts: StepParts;
  /** Add every secret before anything is done with it. */
  readonly masker: Masker;
  /** For what a step records of itself: reads of secrets. */
  readonly origin: Origin;
  /** What the watches of this deployment know of its pods. */
  readonly endsBefore: EndsBefore;
  log(stream: LogLine['stream'], text: string): void;
  /** Commits facts. Throws when the deployment is no longer in our hands. */
  record(facts: Facts): Promise<void>;
  /** Told as they change; written soon, in order. */
  tellPods(pods: PodView[]): void;
  tellVerdict(verdict: VerdictView | null): void;
  /** Starts to ask the application as its users would, once it has an address; until the deployment ends. */
  probe(): void;
  /** What was counted so far; undefined before the first. */
  probed(): Deployment['rollout'] | undefined;
  /** The latest of its requests that failed, in a line. */
  probeFailure(): string | undefined;
}

export type StepResult =
  | { readonly kind: 'done'; readonly reason: string; readonly skipped?: boolean }
  | { readonly kind: 'failed'; readonly reason: string; readonly verdict: VerdictView | null }
  /** Somebody else changed the workload: theirs counts. */
  | { readonly kind: 'superseded'; readonly reason: string; readonly verdict: VerdictView };

/**
 * Throws AppError for what could not be done (it becomes the stage's failure), and the signal's reason when it aborts.
 */
export type Step = (context: StepContext, signal: AbortSignal) => Promise<StepResult>;

export const done = (reason: string): StepResult => ({ kind: 'done', reason });
export const skipped = (reason: string): StepResult => ({ kind: 'done', reason, skipped: true });
