/** An account of AWS in memory, for tests of what happens to its projects and to ours when one of the two fails. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AccountAccess } from '../ports/account-access.js';
import type { AwsSession } from '../ports/aws-session.js';
import type { FoundProject, MirroredProject, ProjectMirror, ProjectSettings } from '../ports/project-mirror.js';

const exists = (name: string) => new AppError('conflict', 'project_exists', `There is a project ${name} (request 1)`);
const missing = (name: string) => new AppError('not_found', 'project_not_found', `There is no project ${name}`);

export class FakeMirror implements ProjectMirror {
  readonly projects = new Map<string, ProjectSettings>();
  /** `update shop`, in order. */
  readonly calls: string[] = [];
  /** Runs after a call has had its effect: what else happens meanwhile, or how it fails after all. */
  after: (call: string) => Promise<void> = async () => undefined;
  readonly lost = new Map<string, readonly string[]>();

  async create({ region }: AwsSession, settings: ProjectSettings): Promise<MirroredProject> {
    if (this.projects.has(settings.name)) throw exists(settings.name);
    this.projects.set(settings.name, settings);
    await this.#did(`create ${settings.name}`);
    return mirrored(settings, region, settings.webhook === null ? null : 'secret-of-aws');
  }

  async update({ region }: AwsSession, settings: ProjectSettings): Promise<MirroredProject> {
    if (!this.projects.has(settings.name)) throw missing(settings.name);
    this.projects.set(settings.name, settings);
    await this.#did(`update ${settings.name}`);
    return mirrored(settings, region, null);
  }

  async remove(_session: AwsSession, name: string): Promise<void> {
    this.projects.delete(name);
    await this.#did(`remove ${name}`);
  }

  async list({ region }: AwsSession): Promise<readonly FoundProject[]> {
    return [...this.projects.values()].map(({ name, description }) => ({
      name,
      description,
      arn: arnOf(name, region),
    }));
  }

  async read({ region }: AwsSession, name: string) {
    const settings = this.projects.get(name);
    if (settings === undefined) throw missing(name);
    return { settings, mirrored: mirrored(settings, region, null), lost: this.lost.get(name) ?? [] };
  }

  async #did(call: string): Promise<void> {
    this.calls.push(call);
    await this.after(call);
  }
}

const arnOf = (name: string, region: string): string => `arn:aws:codebuild:${region}:123456789012:project/${name}`;
const mirrored = (
  { name, badge, webhook }: ProjectSettings,
  region: string,
  secret: string | null,
): MirroredProject => ({
  arn: arnOf(name, region),
  badgeUrl: badge ? `https://codebuild.${region}.example/badges/${name}` : null,
  webhookUrl: webhook === null ? null : `https://codebuild.${region}.example/webhooks/${name}`,
  webhookSecret: secret,
});

/** The accounts `main` (AWS, the default one) and `local`. */
export const fakeAccounts: AccountAccess = {
  facts: async (account) =>
    account === 'local'
      ? { name: 'local', engine: 'local', regions: ['local'] }
      : { name: 'main', engine: 'codebuild', regions: ['eu-central-1', 'us-east-1'] },
  session: async (account, region) =>
    account === 'local'
      ? null
      : { account: 'main', region: region ?? 'eu-central-1', credential: { type: 'environment' } },
  buildLimit: async () => ({ limit: 1, reason: 'for a test' }),
};
