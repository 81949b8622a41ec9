/** The commands for infrastructure. */
import type { Command } from 'commander';
import type { ApproveOptions } from './commands/infra-approval.js';
import type { EnvironmentOptions } from './commands/infra-environments.js';
import type { UnlockOptions } from './commands/infra-lock.js';
import type { ListOptions, WatchOptions } from './commands/infra-runs.js';
import { collect, groupOf, whole, type Act, type Json, type MakeCommand } from './command-options.js';

interface Yes {
  readonly yes?: boolean;
}

export function addInfra(program: Command, act: Act): void {
  const command = groupOf(program, 'infra', 'infrastructure by Terraform: environments, plans, applies, drift');
  addEnvironments(command, act);
  addRuns(command, act);
  addApproval(command, act);
}

const withYes = (made: Command): Command => made.option('--yes', 'do not ask');
const watched = (made: Command): Command =>
  made
    .option('--watch', 'follow it to its end; the exit code tells it')
    .option('--log', 'follow it with its log, line by line')
    .option('--details', 'show each attribute before and after');

function addEnvironments(command: MakeCommand, act: Act): void {
  const environments = () => import('./commands/infra-environments.js');
  const settable = (made: Command): Command =>
    made
      .option('-f, --from <file>', 'the environment as JSON or YAML; options go before it')
      .option('--description <text>')
      .option('--account <name>', 'as whom Terraform asks the cloud; empty: none')
      .option('--region <region>', 'empty: the module’s own')
      .option('--var <name=value>', 'a text, or JSON; may be repeated', collect)
      .option(
        '--secret-file <name=file>',
        'a sensitive variable from a file; -: the first line of standard input',
        collect,
      )
      .option('--backend <name=value>', 'where the state lies; may be repeated', collect)
      .option('--drift-minutes <minutes>', 'between two looks for drift; 0: only when asked', whole);
  command('environments', 'all environments, how each stands').action(({ json }: Json) =>
    act(json, async (context) => (await environments()).list(context)),
  );
  command('show <environment>', 'one, with its variables').action((name: string, { json }: Json) =>
    act(json, async (context) => (await environments()).show(context, name)),
  );
  settable(command('create <environment>', 'add one; nothing is made before a plan is approved'))
    .option('--module <module>', 'what it is made of, see: deployer infra modules')
    .action((name: string, options: Json & EnvironmentOptions) =>
      act(options.json, async (context) => (await environments()).create(context, name, options)),
    );
  settable(command('update <environment>', 'change what is wanted; what is not named stays'))
    .option('--module <module>')
    .option('--unset <name>', 'take a variable away; may be repeated', collect)
    .action((name: string, options: Json & EnvironmentOptions) =>
      act(options.json, async (context) => (await environments()).update(context, name, options)),
    );
  withYes(command('delete <environment>', 'forget it; refused while it has infrastructure')).action(
    (name: string, options: Json & Yes) =>
      act(options.json, async (context) => (await environments()).remove(context, name, options)),
  );
  command('modules [module]', 'what an environment can be made of; of one, the variables that it declares').action(
    (name: string | undefined, { json }: Json) =>
      act(json, async (context) => (await environments()).modules(context, name)),
  );
  command('check <environment>', 'what a plan needs and lacks; exit code 1 when something fails').action(
    (name: string, { json }: Json) => act(json, async (context) => (await environments()).check(context, name)),
  );
  command('versions <environment>', 'what was applied, newest first').action((name: string, { json }: Json) =>
    act(json, async (context) => (await environments()).versions(context, name)),
  );
}

function addRuns(command: MakeCommand, act: Act): void {
  const runs = () => import('./commands/infra-runs.js');
  watched(command('plan <environment>', 'what would change, and what that costs; changes nothing')).action(
    (name: string, options: Json & WatchOptions) =>
      act(options.json, async (context) => (await runs()).plan(context, name, options)),
  );
  watched(command('rollback <environment> <version>', 'plan an earlier version; approve it like any plan')).action(
    (name: string, version: string, options: Json & WatchOptions) =>
      act(options.json, async (context) => (await runs()).rollback(context, name, version, options)),
  );
  watched(
    command(
      'drift [environment]',
      'look for what was changed outside, with --watch exit code 3 on drift; without a name: how all stand',
    ),
  ).action((name: string | undefined, options: Json & WatchOptions) =>
    act(options.json, async (context) => (await runs()).drift(context, name, options)),
  );
  command('runs', 'the newest runs')
    .option('--environment <name>')
    .option('--kind <kind>', 'plan, destroy, drift or apply')
    .option('--status <status>')
    .action(({ json, ...filter }: Json & ListOptions) =>
      act(json, async (context) => (await runs()).list(context, filter)),
    );
  watched(command('run <run>', 'one run: its plan, or how far its apply is')).action(
    (id: string, options: Json & WatchOptions) =>
      act(options.json, async (context) => (await runs()).show(context, id, options)),
  );
  watched(withYes(command('cancel <run>', 'end it in order; what is made by then stays'))).action(
    (id: string, options: Json & WatchOptions & Yes) =>
      act(options.json, async (context) => (await runs()).cancel(context, id, options)),
  );
  watched(command('resume <run>', 'plan what is left of a run that did not come to its end')).action(
    (id: string, options: Json & WatchOptions) =>
      act(options.json, async (context) => (await runs()).resume(context, id, options)),
  );
}

function addApproval(command: MakeCommand, act: Act): void {
  const approval = () => import('./commands/infra-approval.js');
  const locks = () => import('./commands/infra-lock.js');
  watched(withYes(command('apply <plan-or-environment>', 'approve a plan and carry it out; asks first')))
    .option('--hash <hash>', 'refuse any other plan than the one with this hash')
    .action((what: string, options: Json & ApproveOptions) =>
      act(options.json, async (context) => (await approval()).apply(context, what, options)),
    );
  watched(withYes(command('destroy <environment>', 'plan to take all of it away, ask, and do it'))).action(
    (name: string, options: Json & ApproveOptions) =>
      act(options.json, async (context) => (await approval()).destroy(context, name, options)),
  );
  command('lock <environment>', 'who holds its state').action((name: string, { json }: Json) =>
    act(json, async (context) => (await locks()).lock(context, name)),
  );
  withYes(command('unlock <environment>', 'break a lock whose holder is gone'))
    .option('--force', 'you made sure that nobody works with the state any more')
    .action((name: string, options: Json & UnlockOptions) =>
      act(options.json, async (context) => (await locks()).unlock(context, name, options)),
    );
}
