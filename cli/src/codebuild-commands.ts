/** The commands for build projects, builds, cloud accounts and AWS operations. */
import type { Command } from 'commander';
import type { StartOptions } from './commands/builds.js';
import type { PlaceOptions, RunOptions } from './commands/aws.js';
import type { PlaceOptions as ImagePlace } from './commands/images.js';
import type { WaitOptions } from './commands/deploy.js';
import { collect, groupOf, waiting, whole, type Act, type Json, type MakeCommand } from './command-options.js';

export function addCodebuild(program: Command, command: MakeCommand, act: Act): void {
  addProjects(groupOf(program, 'project', 'build projects'), act);
  addBuilds(groupOf(program, 'build', 'builds, their queue and what they cost'), act);
  addImages(groupOf(program, 'image', 'images in ECR'), act);
  addAccounts(groupOf(program, 'account', 'cloud accounts'), act);
  addAws(groupOf(program, 'aws', 'operations in AWS, from a catalogue'), command, act);
}

function addProjects(command: MakeCommand, act: Act): void {
  const projects = () => import('./commands/projects.js');
  command('list', 'all build projects').action(({ json }: Json) =>
    act(json, async (context) => (await projects()).list(context)),
  );
  command('show <project>', 'one, as a file that apply takes').action((name: string, { json }: Json) =>
    act(json, async (context) => (await projects()).show(context, name)),
  );
  command('apply', 'make or change the project that a file describes')
    .requiredOption('-f, --file <file>', 'JSON or YAML')
    .action(({ json, file }: Json & { readonly file: string }) =>
      act(json, async (context) => (await projects()).apply(context, file)),
    );
  command('clone <project> <name>', 'another with the same settings').action(
    (from: string, to: string, { json }: Json) =>
      act(json, async (context) => (await projects()).clone(context, from, to)),
  );
  command('delete <project>', 'delete it, in AWS too').action((name: string, { json }: Json) =>
    act(json, async (context) => (await projects()).remove(context, name)),
  );
  command('import <account> [projects...]', 'take over projects of an account; without names, list them').action(
    (account: string, names: string[], { json }: Json) =>
      act(json, async (context) => (await projects()).importFrom(context, account, names)),
  );
  command('check-buildspec <file>', 'what is wrong in a buildspec, with line and column').action(
    (file: string, { json }: Json) => act(json, async (context) => (await projects()).checkBuildspec(context, file)),
  );
}

function addBuilds(command: MakeCommand, act: Act): void {
  const builds = () => import('./commands/builds.js');
  const settable = (made: Command): Command =>
    made
      .option('--ref <ref>', 'branch, tag or commit')
      .option('--buildspec <path>', 'in the source, or the text itself')
      .option('--image <image>', 'build image')
      .option('--compute <type>', 'such as BUILD_GENERAL1_MEDIUM')
      .option('--var <name=value>', 'may be repeated', collect);
  settable(waiting(command('start <project>', 'put a build in the queue'))).action(
    (project: string, options: Json & StartOptions) =>
      act(options.json, async (context) => (await builds()).start(context, project, options)),
  );
  settable(command('batch <project>', 'put all builds in the queue that the buildspec’s batch names')).action(
    (project: string, options: Json & StartOptions) =>
      act(options.json, async (context) => (await builds()).startBatch(context, project, options)),
  );
  command('stop-batch <batch>', 'end what is left of a batch').action((id: string, { json }: Json) =>
    act(json, async (context) => (await builds()).stopBatch(context, id)),
  );
  waiting(command('show <build>', 'phases, failure, gates; the exit code tells its end')).action(
    (id: string, options: Json & WaitOptions) =>
      act(options.json, async (context) => (await builds()).show(context, id, options)),
  );
  waiting(command('retry <build>', 'the same again')).action((id: string, options: Json & WaitOptions) =>
    act(options.json, async (context) => (await builds()).retry(context, id, options)),
  );
  command('stop <build>', 'end it').action((id: string, { json }: Json) =>
    act(json, async (context) => (await builds()).stop(context, id)),
  );
  command('list', 'the newest builds')
    .option('--project <name>')
    .action((options: Json & { readonly project?: string }) =>
      act(options.json, async (context) => (await builds()).list(context, options)),
    );
  command('logs <build>', 'what it said')
    .option('-f, --follow', 'go on until it ends')
    .action((id: string, options: Json & { readonly follow?: boolean }) =>
      act(options.json, async (context) => (await builds()).logs(context, id, options)),
    );
  command('reports <build>', 'tests and coverage; exit code 3 when a test failed').action(
    (id: string, { json }: Json) => act(json, async (context) => (await builds()).reports(context, id)),
  );
  command('artifacts <build>', 'what it left')
    .option('--download <folder>', 'fetch all of it')
    .action((id: string, options: Json & { readonly download?: string }) =>
      act(options.json, async (context) => (await builds()).artifacts(context, id, options)),
    );
  command('compare <a> <b>', 'what differs between two builds').action((a: string, b: string, { json }: Json) =>
    act(json, async (context) => (await builds()).compare(context, a, b)),
  );
  command('queue', 'what runs and what waits, in its order').action(({ json }: Json) =>
    act(json, async (context) => (await builds()).queue(context)),
  );
  command('usage', 'minutes and cost by project')
    .option('--from <instant>', 'RFC 3339; the beginning of the month when not given')
    .option('--to <instant>')
    .action((options: Json & { readonly from?: string; readonly to?: string }) =>
      act(options.json, async (context) => (await builds()).usage(context, options)),
    );
}

function addImages(command: MakeCommand, act: Act): void {
  const images = () => import('./commands/images.js');
  const placed = (made: Command): Command =>
    made
      .option('--account <name>', 'the default one when not given')
      .option('--region <region>', 'the account’s when not given');
  placed(command('repositories', 'all repositories')).action((options: Json & ImagePlace) =>
    act(options.json, async (context) => (await images()).repositories(context, options)),
  );
  placed(command('list <repository>', 'its images, the newest first')).action(
    (repository: string, options: Json & ImagePlace) =>
      act(options.json, async (context) => (await images()).list(context, repository, options)),
  );
  placed(command('findings <repository> <digest>', 'what the scan found')).action(
    (repository: string, digest: string, options: Json & ImagePlace) =>
      act(options.json, async (context) => (await images()).findings(context, repository, digest, options)),
  );
  placed(command('delete <repository> <digests...>', 'delete images; what runs is kept')).action(
    (repository: string, digests: string[], { json, ...place }: Json & ImagePlace) =>
      act(json, async (context) => (await images()).remove(context, repository, digests, place)),
  );
}

function addAccounts(command: MakeCommand, act: Act): void {
  const accounts = () => import('./commands/accounts.js');
  command('list', 'all accounts').action(({ json }: Json) =>
    act(json, async (context) => (await accounts()).list(context)),
  );
  command('add', 'add the account that a file describes')
    .requiredOption('-f, --file <file>', 'JSON or YAML: name, credential, regions')
    .action(({ json, file }: Json & { readonly file: string }) =>
      act(json, async (context) => (await accounts()).add(context, file)),
    );
  command('check <account>', 'whether it works, and which permissions are missing').action(
    (name: string, { json }: Json) => act(json, async (context) => (await accounts()).check(context, name)),
  );
  command('remove <account>', 'forget it').action((name: string, { json }: Json) =>
    act(json, async (context) => (await accounts()).remove(context, name)),
  );
}

function addAws(command: MakeCommand, top: MakeCommand, act: Act): void {
  const aws = () => import('./commands/aws.js');
  const placed = (made: Command): Command =>
    made
      .option('--account <name>', 'the default one when not given')
      .option('--region <region>', 'the account’s when not given')
      .option('-y, --yes', 'do what changes something without asking');
  command('list', 'the catalogue')
    .option('--service <service>', 'such as ec2')
    .action((options: Json & { readonly service?: string }) =>
      act(options.json, async (context) => (await aws()).list(context, options)),
    );
  command('describe <operation>', 'its parameters and permissions').action((name: string, { json }: Json) =>
    act(json, async (context) => (await aws()).describe(context, name)),
  );
  placed(command('run <operation>', 'run one operation'))
    .option('--param <name=value>', 'may be repeated; lists and numbers as JSON', collect)
    .option('--limit <count>', 'rows at most', whole)
    .option('--cursor <cursor>', 'where the page before ended')
    .action((name: string, options: Json & RunOptions) =>
      act(options.json, async (context) => (await aws()).runOperation(context, name, options)),
    );
  placed(top('ask <words...>', 'say in words what to do in AWS')).action(
    (words: string[], options: Json & PlaceOptions) =>
      act(options.json, async (context) => (await aws()).ask(context, words, options)),
  );
}
