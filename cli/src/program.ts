/** The commands, their options, and how each way of ending becomes an exit code. */
import { Command, CommanderError } from 'commander';
import { ApiClient } from './api-client.js';
import { addCodebuild } from './codebuild-commands.js';
import { collect, commandsOf, waiting, whole, type Act, type Json, type MakeCommand } from './command-options.js';
import type { InEnvironment, RollbackOptions, WaitOptions } from './commands/deploy.js';
import type { LogsOptions } from './commands/listings.js';
import type { DiffOptions } from './commands/preflight.js';
import type { LoginOptions } from './commands/session.js';
import { targetOf, type Environment } from './credentials.js';
import type { DeployOptions } from './deployment-request.js';
import { EXIT, Failure, type ExitCode } from './failure.js';
import { addInfra } from './infra-commands.js';
import { Terminal, type Streams } from './terminal.js';

/** What a command is given. */
export interface Context {
  readonly api: ApiClient;
  readonly env: Environment;
  readonly terminal: Terminal;
  readonly json: boolean;
}
export interface Io extends Streams {
  readonly env: Environment;
}

const HELP = `
Exit codes: 0 stable or done, 1 error, 2 wrong usage, 3 the release failed and was rolled back, 4 cancelled or superseded,
5 not signed in, 6 the platform does not answer.
DEPLOYER_URL and DEPLOYER_TOKEN go before what login keeps.`;

/** Runs one command line (without the program's own name) and resolves with its exit code. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const terminal = new Terminal(io);
  const outcome: { code: ExitCode } = { code: EXIT.ok };
  try {
    await buildProgram(io, terminal, outcome).parseAsync([...args], { from: 'user' });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // it has said why
    if (!(error instanceof Failure)) throw error;
    terminal.note(`${terminal.style('red', 'error:', 'stderr')} ${error.message}`);
    for (const detail of error.details) terminal.note(`  ${detail}`);
    return error.exitCode;
  }
}

function buildProgram(io: Io, terminal: Terminal, outcome: { code: ExitCode }): Command {
  const program = new Command('deployer')
    .description('Deploy to Kubernetes from a Git repository, pasted code or an image, and know why when it fails.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText('after', HELP);
  const command = commandsOf(program);
  /** Gives the command its client, and closes it afterwards. */
  const act = async (
    json: boolean | undefined,
    work: (context: Context) => Promise<ExitCode | void>,
  ): Promise<void> => {
    const api = new ApiClient(await targetOf(io.env));
    try {
      outcome.code = (await work({ api, env: io.env, terminal, json: json === true })) ?? EXIT.ok;
    } finally {
      await api.close();
    }
  };
  addSession(program, command, act, io.env, terminal);
  addDeploy(command, act);
  addListings(command, act);
  addCodebuild(program, command, act);
  addInfra(program, act);
  return program;
}

function addSession(program: Command, command: MakeCommand, act: Act, env: Environment, terminal: Terminal): void {
  program
    .command('login [url]')
    .description('sign in, with a password or an API token')
    .option('--username <name>')
    .option('--password-stdin', 'take the password from standard input')
    .option('--token <token>', 'an API token instead of a password')
    .action(async (url: string | undefined, options: LoginOptions) =>
      (await import('./commands/session.js')).login({ env, terminal }, url, options),
    );
  command('logout', 'end the session and forget it').action(({ json }: Json) =>
    act(json, async (context) => (await import('./commands/session.js')).logout(context)),
  );
  command('whoami', 'who is signed in, and where').action(({ json }: Json) =>
    act(json, async (context) => (await import('./commands/session.js')).whoami(context)),
  );
}

/** What describes a deployment, whether it is asked for or only asked about. */
const describing = (made: Command): Command =>
  made
    .option('-f, --from <file>', 'the deployment as JSON or YAML; options go before it')
    .option('--app <name>', 'the application, made by its first deployment')
    .option('--environment <name>', 'development when not given')
    .option('--namespace <name>', 'the environment’s when not given')
    .option('--repo <url>', 'source: a Git repository')
    .option('--ref <ref>', 'branch, tag or commit')
    .option('--context <path>', 'folder in the repository')
    .option('--dockerfile <path>', 'in the context')
    .option('--credential <secret>', 'name of the secret for the repository or the registry')
    .option('--build-arg <name=value>', 'may be repeated', collect)
    .option('--image <name>', 'source: an image that is already built')
    .option('--build <id>', 'of --image: the build that made it, whose quality gates must have passed')
    .option('--file <path>', 'source: one file of Python, Node or HTML')
    .option('--language <language>', 'of --file: python, node or static')
    .option('--builder <builder>', 'auto, docker, host or codebuild')
    .option('--kind <kind>', 'Deployment or ReplicaSet')
    .option('--env <name=value>', 'environment variable; may be repeated', collect)
    .option('--secret <name>', 'may be repeated', collect)
    .option('--replicas <count>', 'how many pods', whole)
    .option('--port <port>', 'the port the container listens on', whole)
    .option('--health <path>', 'path that answers when the application is ready')
    .option('--route <host[/path]>', 'where requests come from')
    .option('--service-type <type>', 'ClusterIP, NodePort or LoadBalancer')
    .option('--monitor-seconds <seconds>', 'how long to watch before stable', whole)
    .option('--timeout <stage=seconds>', 'the hard limit of a stage, as rolling_back=120; may be repeated', collect)
    .option('--accept-bad', 'also an image whose release was marked bad')
    .option('--recreate', 'agree that what cannot be changed in place is deleted and made anew')
    .option('--adopt', 'agree that objects of the same name that others made are taken over');

function addDeploy(command: MakeCommand, act: Act): void {
  const deploying = () => import('./commands/deploy.js');
  const looking = () => import('./commands/preflight.js');
  describing(waiting(command('deploy', 'deploy a repository, a file of code or an image'))).action(
    (options: Json & DeployOptions & WaitOptions) =>
      act(options.json, async (context) => (await deploying()).deploy(context, options)),
  );
  describing(
    command('preflight', 'what a deployment would fail of, and what it would change; exit code 1 if it would fail'),
  ).action((options: Json & DeployOptions) =>
    act(options.json, async (context) => (await looking()).preflight(context, options)),
  );
  command('diff <app-or-deployment>', 'what a deployment changes or changed, field by field')
    .option('--live', 'what applying its release again would change now')
    .option('--environment <name>')
    .action((what: string, options: Json & DiffOptions) =>
      act(options.json, async (context) => (await looking()).diff(context, what, options)),
    );
  waiting(command('rollback <app-or-deployment>', 'bring back an earlier release'))
    .option('--to <release>', 'number or id; the last stable one when not given')
    .option('--accept-bad', 'also to a release that was marked bad')
    .option('--environment <name>')
    .action((what: string, options: Json & RollbackOptions) =>
      act(options.json, async (context) => (await deploying()).rollback(context, what, options)),
    );
  waiting(command('cancel <app-or-deployment>', 'stop a deployment that is on its way')).action(
    (what: string, options: Json & WaitOptions) =>
      act(options.json, async (context) => (await deploying()).cancel(context, what, options)),
  );
  waiting(command('status <app-or-deployment>', 'how a deployment stands; the exit code tells its end'))
    .option('--environment <name>')
    .action((what: string, options: Json & WaitOptions & InEnvironment) =>
      act(options.json, async (context) => (await deploying()).status(context, what, options)),
    );
}

function addListings(command: MakeCommand, act: Act): void {
  const listings = () => import('./commands/listings.js');
  command('apps', 'all applications').action(({ json }: Json) =>
    act(json, async (context) => (await listings()).apps(context)),
  );
  command('releases <app>', 'what can be rolled back to').action((app: string, { json }: Json) =>
    act(json, async (context) => (await listings()).releases(context, app)),
  );
  command('mark-bad <app> <release>', 'refuse a release, by number or id, from now on')
    .requiredOption('--reason <text>', 'what is bad about it')
    .action((app: string, release: string, { json, reason }: Json & { reason: string }) =>
      act(json, async (context) => (await import('./commands/bad-releases.js')).mark(context, app, release, reason)),
    );
  command('unmark-bad <app> <release>', 'take the mark away again').action(
    (app: string, release: string, { json }: Json) =>
      act(json, async (context) => (await import('./commands/bad-releases.js')).unmark(context, app, release)),
  );
  command('logs <app-or-deployment>', 'the log of the build and the rollout')
    .option('-f, --follow', 'go on until the deployment ends')
    .option('--environment <name>')
    .action((what: string, options: Json & LogsOptions) =>
      act(options.json, async (context) => (await listings()).logs(context, what, options)),
    );
}
