/**
 * A stand-in for AWS CodeBuild and what its builds touch, for tests: CodeBuild, GetLogEvents, Secrets Manager and the quota of
 * builds by the JSON 1.1 protocol, S3 by REST, STS and IAM by the query protocol, on a free loopback port. Nothing is built:
 * builds follow a script (double-build.ts). It trusts its clients and checks no signature.
 *
 *   const double = await startCodeBuildDouble({ limit: 10 });
 *   process.env.AWS_ENDPOINT_URL = double.url;             // and any access key and secret
 *   double.script('shop', { failure: commandFailure('BUILD', 'make', 2) });
 *   double.refuse('StartBuild', { type: 'ThrottlingException', message: 'Rate exceeded', times: 2 });
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { BuildScript, DoubleBuild } from './double-build.js';
import { DoubleCodeBuild } from './double-codebuild.js';
import { DoubleIdentity } from './double-identity.js';
import { doubleLogs } from './double-logs.js';
import { DoubleObjects } from './double-objects.js';
import { DoubleRefusal, type Operations } from './double-protocol.js';

export interface CodeBuildDoubleOptions {
  /** Builds at once; one more is answered with AccountLimitExceededException. Absent: no limit. */
  readonly limit?: number;
  /** What Service Quotas says the limit is; absent: the limit, or 60. */
  readonly quota?: number;
  /** Of all projects that have no script of their own. */
  readonly script?: BuildScript;
  /** How many log events an answer holds at most. */
  readonly logEventsAPage?: number;
}
export interface Refusal {
  /** `ThrottlingException`, `InternalFailure`… */
  readonly type: string;
  readonly message: string;
  /** HTTP status; absent: 400. */
  readonly status?: number;
  /** Absent: 1. */
  readonly times?: number;
}
export interface CodeBuildDouble {
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  /** Every call of the JSON protocol, in order. */
  readonly requests: readonly { readonly operation: string; readonly input: Record<string, unknown> }[];
  /** As CreateProject was told and UpdateProject changed it; by name. */
  readonly projects: ReadonlyMap<string, Record<string, unknown>>;
  /** By id, the oldest first. */
  readonly builds: ReadonlyMap<string, DoubleBuild>;
  /** Name of the secret → its text. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly roles: DoubleIdentity['roles'];
  /** The most builds that ever ran at once. */
  readonly mostRunning: number;
  /** How many starts were refused for the limit. */
  readonly limitRefusals: number;
  setLimit(limit: number): void;
  /** How builds of the project go from now on; `*`: of all that have no script of their own. */
  script(project: string, script: BuildScript): void;
  /** As if somebody started a build without the platform: in AWS's console, or its webhook. */
  startElsewhere(project: string, initiator: string, more?: Record<string, unknown>): DoubleBuild;
  /** The next calls of this operation (`StartBuild`, `GetLogEvents`, `CreateRole`) are refused. */
  refuse(operation: string, refusal: Refusal): void;
  /** All calls of this operation take so long from now on. */
  slow(operation: string, milliseconds: number): void;
  /** `bucket/key` */
  putObject(bucketAndKey: string, text: string): void;
  stop(): Promise<void>;
}

export async function startCodeBuildDouble(options: CodeBuildDoubleOptions = {}): Promise<CodeBuildDouble> {
  const accountId = '123456789012';
  const codebuild = new DoubleCodeBuild(
    { accountId, region: 'eu-central-1' },
    options.limit ?? Number.POSITIVE_INFINITY,
  );
  if (options.script !== undefined) codebuild.script('*', options.script);
  const identity = new DoubleIdentity(accountId);
  const objects = new DoubleObjects();
  const secrets = new Map<string, string>();
  const operations: Operations = {
    ...codebuild.operations,
    ...doubleLogs(() => codebuild.builds.values(), options.logEventsAPage),
    ...secretOperations(secrets),
    ListServiceQuotas: () => ({
      Quotas: [
        {
          ServiceCode: 'codebuild',
          QuotaCode: 'L-2DC20C30',
          QuotaName: 'Concurrently running builds for Linux/Small environment',
          Value: options.quota ?? (Number.isFinite(codebuild.limit) ? codebuild.limit : 60),
        },
      ],
    }),
  };
  const requests: { operation: string; input: Record<string, unknown> }[] = [];
  const refusals = new Map<string, Refusal[]>();
  const slowness = new Map<string, number>();
  const uploaded = new Set<string>();

  /** Throws the refusal that a test has put in the way; waits where it is to be slow. */
  const hinder = async (operation: string): Promise<void> => {
    const wait = slowness.get(operation);
    if (wait !== undefined) await new Promise((resolve) => setTimeout(resolve, wait));
    const refusal = refusals.get(operation)?.shift();
    if (refusal !== undefined) throw new DoubleRefusal(refusal.type, refusal.message, refusal.status);
  };
  const store = (build: DoubleBuild): void => {
    if (uploaded.has(build.id)) return;
    uploaded.add(build.id);
    if (build.s3LogKey !== null) {
      const log = () =>
        gzipSync(
          build
            .logEvents()
            .map(({ message }) => message)
            .join(''),
        );
      objects.put(build.s3LogKey, log, () => build.isComplete());
    }
    if (build.bucketLocation === null || build.script.artifacts === undefined) return;
    const isThere = () => build.hasReached('FINALIZING');
    const at = build.bucketLocation.replace('arn:aws:s3:::', '');
    const files = Object.entries(build.script.artifacts);
    const { packaging } = build.facts['artifacts'] as { packaging?: string };
    if (packaging === 'ZIP') objects.put(at, () => zipOf(files), isThere);
    else for (const [path, text] of files) objects.put(`${at}/${path}`, () => Buffer.from(text), isThere);
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://aws');
    const target = req.headers['x-amz-target'];
    if (typeof target === 'string') {
      const operation = target.slice(target.indexOf('.') + 1);
      const input = JSON.parse((await buffer(req)).toString() || '{}') as Record<string, unknown>;
      requests.push({ operation, input });
      await hinder(operation);
      const run = operations[operation];
      if (run === undefined) throw new DoubleRefusal('UnknownOperationException', `No ${operation} here`);
      const output = await run(input);
      for (const build of codebuild.builds.values()) store(build);
      res.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      res.end(JSON.stringify(output));
      return;
    }
    if (req.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      const form = new URLSearchParams((await buffer(req)).toString());
      await hinder(form.get('Action') ?? '');
      const xml = identity.answer(form);
      if (xml === undefined) throw new DoubleRefusal('InvalidAction', `No ${form.get('Action')} here`);
      res.writeHead(200, { 'content-type': 'text/xml' });
      res.end(xml);
      return;
    }
    await hinder(`S3 ${req.method}`);
    await objects.answer(req, res, url);
  }

  const server = createServer((req, res) => {
    res.setHeader('x-amzn-requestid', randomUUID());
    answer(req, res).catch((error: unknown) => refuseWith(req, res, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    projects: codebuild.projects.byName,
    builds: codebuild.builds,
    secrets,
    roles: identity.roles,
    get mostRunning() {
      return codebuild.mostRunning;
    },
    get limitRefusals() {
      return codebuild.limitRefusals;
    },
    setLimit: (limit) => {
      codebuild.limit = limit;
    },
    script: (project, script) => codebuild.script(project, script),
    startElsewhere: (projectName, initiator, more = {}) => codebuild.start({ ...more, projectName, initiator }),
    refuse: (operation, refusal) => {
      const waiting = refusals.get(operation) ?? [];
      for (let times = refusal.times ?? 1; times > 0; times--) waiting.push(refusal);
      refusals.set(operation, waiting);
    },
    slow: (operation, milliseconds) => void slowness.set(operation, milliseconds),
    putObject: (bucketAndKey, text) => objects.put(bucketAndKey, () => Buffer.from(text)),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const secretOperations = (secrets: Map<string, string>): Operations => ({
  CreateSecret: ({ Name, SecretString }) => {
    if (secrets.has(String(Name)))
      throw new DoubleRefusal('ResourceExistsException', 'The operation failed because the secret already exists.');
    secrets.set(String(Name), String(SecretString));
    return { Name, ARN: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${String(Name)}-AbCdEf` };
  },
  PutSecretValue: ({ SecretId, SecretString }) => {
    secrets.set(String(SecretId), String(SecretString));
    return { Name: SecretId };
  },
  DeleteSecret: ({ SecretId }) => {
    if (!secrets.delete(String(SecretId)))
      throw new DoubleRefusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return { Name: SecretId };
  },
});

async function zipOf(files: readonly (readonly [string, string])[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, text] of files) zip.addBuffer(Buffer.from(text), path);
  zip.end();
  return buffer(zip.outputStream);
}

function refuseWith(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  const refusal = error instanceof DoubleRefusal ? error : new DoubleRefusal('InternalFailure', String(error), 500);
  if (res.headersSent) return void res.destroy();
  const isForm = req.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const isJson = req.headers['x-amz-target'] !== undefined;
  if (isJson) {
    res.writeHead(refusal.status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': refusal.type });
    res.end(JSON.stringify({ __type: refusal.type, message: refusal.message }));
    return;
  }
  const body = `<Error><Code>${refusal.type}</Code><Message>${refusal.message}</Message></Error>`;
  res.writeHead(refusal.status, { 'content-type': 'text/xml' });
  res.end(isForm === true ? `<ErrorResponse>${body}<RequestId>double</RequestId></ErrorResponse>` : body);
}
