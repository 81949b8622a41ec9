/**
 * One build as the process that keeps its queue has it in hand: the row as it was last read or written, and what the steps of
 * its life need again and again.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { mask, Masker, MASKED } from '@aws-deployer/platform/masking/mask';
import { platformOrigin, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { AwsSession } from '../ports/aws-session.js';
import type { BuildEngine, BuildHandle, BuildObservation } from '../ports/build-engine.js';
import type { RegistryLogin } from '../ports/image-inspection.js';
import type { Build } from './build.js';
import type { BuildFacts } from './build-store.js';
import { secretVariablesPlace } from './new-build-row.js';
import type { Pace } from './pace.js';
import type { QueueSide, WatchParts } from './watch-parts.js';

export class BuildInHand {
  #masker: Masker | undefined;

  constructor(
    public current: Build,
    readonly queue: QueueSide,
    readonly parts: WatchParts,
  ) {}

  get pace(): Pace {
    return this.parts.paces[this.current.engine];
  }
  now(): number {
    return this.parts.clock.now().getTime();
  }
  get origin(): Origin {
    return platformOrigin('codebuild', 'build queue', this.current.traceId);
  }
  /** Throws invalid/`engine_missing`. */
  engine(): BuildEngine {
    const engine = this.parts.engines[this.current.engine];
    if (engine !== undefined) return engine;
    throw new AppError('invalid', 'engine_missing', `This platform has no ${this.current.engine} engine for builds`);
  }
  async session(): Promise<AwsSession | null> {
    if (this.current.engine === 'local') return null;
    return this.parts.accounts.session(this.current.account, this.current.region);
  }
  async handle(): Promise<BuildHandle> {
    return { ref: this.current.engineRef ?? '', session: await this.session() };
  }

  secrets(): Record<string, string> {
    const { secretVariables, id } = this.current;
    if (secretVariables === null || secretVariables === '') return {};
    return JSON.parse(this.parts.box.open(secretVariables, secretVariablesPlace(id))) as Record<string, string>;
  }

  /** How an image build signs in to the registry that it pushes to: its gates read the image there. */
  registryLogin(): RegistryLogin | undefined {
    const { REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = this.secrets();
    return username === undefined || password === undefined ? undefined : { username, password };
  }

  /** Knows the values of secret variables, and of plain ones whose name says that they are secret. */
  mask(): Masker {
    this.#masker ??= new Masker([
      ...Object.values(this.secrets()),
      ...this.current.plan.environment.variables
        .filter(
          ({ name, type }) =>
            type === 'PLAINTEXT' && (mask({ [name]: 'x' }) as Record<string, string>)[name] === MASKED,
        )
        .map(({ value }) => value),
    ]);
    return this.#masker;
  }

  /** Of what the engine says only what is not in the row. */
  news(seen: BuildObservation): BuildFacts {
    const masker = this.mask();
    const told: BuildFacts = {
      phase: seen.phase,
      phases: mask(seen.phases, masker) as Build['phases'],
      commit: seen.resolvedCommit ?? this.current.commit,
      runtime: seen.runtime ?? this.current.runtime,
      imageSubstituted: seen.imageSubstituted ?? this.current.imageSubstituted,
      exportedVariables: mask(seen.exportedVariables, masker) as Build['exportedVariables'],
      startedAt: seen.startedAt === null ? this.current.startedAt : instant(new Date(seen.startedAt)),
    };
    return Object.fromEntries(
      Object.entries(told).filter(
        ([fact, value]) => JSON.stringify(value) !== JSON.stringify(this.current[fact as keyof Build]),
      ),
    );
  }
}
