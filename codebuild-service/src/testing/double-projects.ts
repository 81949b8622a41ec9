/** Projects and webhooks of the stand-in for CodeBuild. Answers as AWS's API reference says. */
import { createHash, randomUUID } from 'node:crypto';
import {
  arnOf,
  DoubleRefusal,
  invalid,
  NAMES_A_LOOK,
  notFound,
  now,
  page,
  text,
  type DoublePlace,
  type Json,
  type Operations,
} from './double-protocol.js';

const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/;
const WITH_WEBHOOKS = ['GITHUB', 'GITHUB_ENTERPRISE', 'GITLAB', 'GITLAB_SELF_MANAGED', 'BITBUCKET'];

export class DoubleProjects {
  readonly byName = new Map<string, Json>();

  constructor(private readonly place: DoublePlace) {}

  readonly operations: Operations = {
    CreateProject: (input) => {
      const name = text(input, 'name');
      if (!PROJECT_NAME.test(name)) throw invalid(`Project name ${name} is not valid`);
      if (this.byName.has(name))
        throw new DoubleRefusal(
          'ResourceAlreadyExistsException',
          `Project already exists: ${arnOf(this.place, 'project', name)}`,
        );
      for (const part of ['source', 'artifacts', 'environment', 'serviceRole'])
        if (input[part] === undefined) throw invalid(`${part} is required`);
      const { badgeEnabled, ...rest } = input;
      const project = { ...rest, arn: arnOf(this.place, 'project', name), created: now(), lastModified: now() };
      this.byName.set(name, this.normal({ encryptionKey: this.defaultKey(), ...project }, badgeEnabled));
      return { project: this.byName.get(name) };
    },
    UpdateProject: (input) => {
      const present = this.find(text(input, 'name'));
      const { badgeEnabled, ...changes } = input;
      const changed = this.normal({ ...present, ...changes, lastModified: now() }, badgeEnabled);
      this.byName.set(text(input, 'name'), changed);
      return { project: changed };
    },
    DeleteProject: (input) => {
      this.byName.delete(text(input, 'name')); // AWS says nothing where there is none
      return {};
    },
    ListProjects: (input) => page([...this.byName.keys()].toSorted(), input, 'projects'),
    BatchGetProjects: (input) => {
      const names = input['names'] as string[];
      if (names.length > NAMES_A_LOOK) throw invalid('At most 100 names');
      return {
        projects: names.flatMap((name) => this.byName.get(name) ?? []),
        projectsNotFound: names.filter((name) => !this.byName.has(name)),
      };
    },
    CreateWebhook: (input) => {
      const project = this.find(text(input, 'projectName'));
      if (project['webhook'] !== undefined)
        throw new DoubleRefusal('ResourceAlreadyExistsException', 'Webhook already exists for project');
      const { type } = project['source'] as { type: string };
      if (!WITH_WEBHOOKS.includes(type)) throw invalid(`Webhooks are not supported for source type ${type}`);
      const payloadUrl = `https://codebuild.${this.place.region}.amazonaws.com/webhooks?t=${randomUUID()}&v=1`;
      const webhook = {
        url: 'https://api.github.com/repos/acme/shop/hooks/1',
        payloadUrl,
        filterGroups: input['filterGroups'],
        buildType: input['buildType'] ?? 'BUILD',
        status: 'ACTIVE',
      };
      project['webhook'] = webhook;
      return { webhook: { ...webhook, secret: createHash('sha256').update(payloadUrl).digest('hex') } };
    },
    UpdateWebhook: (input) => {
      const project = this.find(text(input, 'projectName'));
      if (project['webhook'] === undefined) throw notFound('Webhook does not exist');
      project['webhook'] = { ...(project['webhook'] as Json), filterGroups: input['filterGroups'] };
      return { webhook: project['webhook'] };
    },
    DeleteWebhook: (input) => {
      delete this.find(text(input, 'projectName'))['webhook'];
      return {};
    },
  };

  find(name: string): Json {
    const found = this.byName.get(name);
    if (found === undefined) throw notFound(`Project cannot be found: ${arnOf(this.place, 'project', name)}`);
    return found;
  }
  private defaultKey(): string {
    return `arn:aws:kms:${this.place.region}:${this.place.accountId}:alias/aws/s3`;
  }
  /** As AWS keeps it: what was cleared is absent, a badge has its address. */
  private normal(project: Json, badgeEnabled: unknown): Json {
    const kept = Object.fromEntries(Object.entries(project).filter(([, value]) => value !== '' && value !== -1));
    if (badgeEnabled === undefined) return kept;
    const badgeRequestUrl = `https://codebuild.${this.place.region}.amazonaws.com/badges?uuid=${String(project['name'])}&branch=main`;
    return { ...kept, badge: badgeEnabled === true ? { badgeEnabled, badgeRequestUrl } : { badgeEnabled } };
  }
}
