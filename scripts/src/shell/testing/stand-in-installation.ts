/**
 * What the one-click scripts meet, with every part labelled: an empty account of moto's (a stand-in for AWS), this repository's
 * copy with the real Terraform and its provider, and local-cluster, which stands for the cluster of the single node. Its API,
 * controllers and kubectl are real; its pods are pretended, and one set of the platform's own services answers for all of them.
 *
 * Two things happen in AWS that moto does not do, and are done here: the node writes its kubeconfig to its secret, and the
 * images lie in the registry (the scripts are given a --tag).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startLocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { startMoto } from '@aws-deployer/platform/testing/moto';
import type { TerraformMachine } from '../../terraform/terraform-machine.js';
import { copySources, fromMirror } from '../../terraform/terraform-tree.js';
import { setRightForMoto } from '../../terraform/testing/stand-in-account.js';
import { runProgram, type Ended } from '../run-script.js';
import { startAnsweringServices } from './answering-services.js';
import { copyRepository, forPretendedPods, kubeconfigOf, type RepositoryCopy } from './repository-copy.js';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
const KEYS = { accessKeyId: 'test', secretAccessKey: 'test' };
/** moto's buckets are found by path, and it serves no metadata of an instance. */
const BACKEND =
  'terraform {\n  backend "s3" {\n    use_path_style          = true\n    skip_metadata_api_check = true\n  }\n}\n';

export class StandInInstallation {
  private constructor(
    readonly aws: string,
    readonly repository: RepositoryCopy,
    readonly env: Readonly<Record<string, string>>,
    private readonly clusterUrl: string,
    private readonly stops: (() => Promise<void>)[],
  ) {}

  static async start(machine: TerraformMachine): Promise<StandInInstallation> {
    const stops: (() => Promise<void>)[] = [];
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-one-click-'));
    stops.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    try {
      process.env['MOTO_IAM_LOAD_MANAGED_POLICIES'] = 'true'; // AWS's own policies are there to be attached
      const moto = await startMoto();
      stops.push(() => moto.stop());
      const cluster = await startLocalCluster({
        dataDir: join(folder, 'cluster'),
        port: 0,
        gatewayPort: 0,
        runtimes: 'simulated',
        log: silentLogger,
      });
      stops.push(() => cluster.stop());
      const services = await startAnsweringServices(join(folder, 'services'));
      stops.push(services.stop);
      const repository = await copyRepository();
      stops.push(repository.remove);
      await forPretendedPods(repository, 'dev', { answeredBy: services.port });
      const terraform = join(repository.folder, 'infra-oneclick/terraform');
      await copySources(terraform);
      await setRightForMoto(terraform, { bareBuckets: true });
      await writeFile(join(terraform, 'environments/development/backend_override.tf'), BACKEND);
      const settings = join(folder, 'cli.tfrc');
      await writeFile(settings, fromMirror(machine));
      return new StandInInstallation(
        moto.url,
        repository,
        {
          TF_CLI_CONFIG_FILE: settings,
          CHECKPOINT_DISABLE: '1',
          AWS_ENDPOINT_URL: moto.url,
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_REGION: REGION,
          AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
        },
        cluster.url,
        stops,
      );
    } catch (error) {
      await end(stops);
      throw error;
    }
  }

  run(script: string, ...args: readonly string[]): Promise<Ended> {
    return this.repository.run(script, args, this.env, 600_000);
  }

  /** Starts a script, and tells it to end (SIGTERM) as soon as it has said `often` lines like `line`. */
  async interrupt(script: string, args: readonly string[], line: RegExp, often: number): Promise<Ended> {
    const child = spawn(join(this.repository.folder, 'scripts', script), args, {
      cwd: this.repository.folder,
      env: this.repository.environment(this.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err, told] = ['', '', false];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      if (told || (err.match(line)?.length ?? 0) < often) return;
      told = true;
      child.kill('SIGTERM'); // the script alone: what it has started is its own affair
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, out, err };
  }

  /** The node of the environment is up: it leaves its kubeconfig in the secret as soon as that is there. Ends with `signal`. */
  async nodeComesUp(name: string, signal: AbortSignal): Promise<void> {
    const client = new SecretsManagerClient({ endpoint: this.aws, region: REGION, credentials: KEYS });
    const secret = { SecretId: `${name}/node/kubeconfig`, SecretString: kubeconfigOf(this.clusterUrl) };
    while (!signal.aborted)
      try {
        await client.send(new PutSecretValueCommand(secret));
        return;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
        await delay(200);
      }
  }

  kubectl(...args: readonly string[]): Promise<Ended> {
    return runProgram('kubectl', ['--server', this.clusterUrl, ...args], {
      PATH: process.env['PATH'],
      HOME: this.repository.folder,
    });
  }

  stop(): Promise<void> {
    return end(this.stops);
  }
}

async function end(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.reverse()) await stop();
}
