/** Where the files of an environment lie. All of it is for the owner alone: plans and states hold secrets in the clear. */
import { join } from 'node:path';

export class WorkFolders {
  /** `base`: `DATA_DIR/infra`. */
  constructor(readonly base: string) {}

  /** Copies of modules by their hash. */
  readonly modules = (environmentId: string): string => join(this.#of(environmentId), 'modules');
  /** TF_DATA_DIR: providers, modules and the settings of the backend. */
  readonly data = (environmentId: string): string => join(this.#of(environmentId), 'data');
  readonly state = (environmentId: string): string => join(this.#of(environmentId), 'state', 'terraform.tfstate');
  /** Output of the commands of one run. */
  readonly run = (environmentId: string, runId: string): string => join(this.runs(environmentId), runId);
  readonly runs = (environmentId: string): string => join(this.#of(environmentId), 'runs');
  readonly plan = (environmentId: string, runId: string): string => join(this.run(environmentId, runId), 'plan.bin');

  get environments(): string {
    return join(this.base, 'environments');
  }

  #of(environmentId: string): string {
    return join(this.environments, environmentId);
  }
}
