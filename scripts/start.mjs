/**
 * `npm start`: installs, builds, and runs all services in one process, in the foreground. Signals go on to that process and
 * its exit code comes back. No dependencies: see prepare.mjs.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { build, checkMachine, install, node, root } from './prepare.mjs';

const HELP = `npm start: the whole platform in one process on one port.

  PORT                  the console and every API (8080)
  HOST                  the address to listen on (127.0.0.1)
  DATA_DIR              where everything is kept (.data)
  DATABASE_URL          mysql://account-that-may-create@host:port; unset: SQLite files in DATA_DIR
  ADMIN_PASSWORD        of the user admin, 12 characters or more, taken at the first start; unset: generated, printed once
  KUBECONFIG            deploy to this cluster; unset: an embedded one for this machine
  LOCAL_CLUSTER_PORT    the embedded cluster's Kubernetes API (6443)
  LOCAL_REGISTRY_PORT   the embedded image registry (a free one at first, then the same)
  LOCAL_GATEWAY_PORT    routes of the embedded cluster, by Host header (a free one at first, then the same)
  DOCKER_HOST           the Docker Engine that builds and runs containers (unix:///var/run/docker.sock)
  PROMETHEUS_URL        not read yet: rollouts are measured by the built-in prober
  AWS_*                 credentials and region for builds in AWS
  LOG_LEVEL             of DATA_DIR/logs/platform.log: debug, info, warn or error (info)

The last line of the start is "ready http://localhost:PORT". Ctrl-C or SIGTERM ends everything within five seconds;
deployments go on at the next start.`;

if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
  console.log(HELP);
} else {
  try {
    await checkMachine();
    await install(console.log);
    await build(console.log);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  runPlatform();
}

function runPlatform() {
  const child = spawn(node, ['--enable-source-maps', 'scripts/dist/local/main.js'], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'], // the channel's end tells the platform that its starter is gone
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`the platform does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
  if (process.env.npm_lifecycle_event === 'start') onceStarterIsGone(() => child.kill('SIGTERM'));
}

/** npm that is killed takes neither its shell nor this process along: what it started would hold the port for ever. */
function onceStarterIsGone(act) {
  const before = starters();
  const timer = setInterval(() => {
    if (starters() === before) return;
    clearInterval(timer);
    act();
  }, 200);
  timer.unref();
}

/** This process's parent and, where that is only npm's shell, the shell's. */
function starters() {
  const { ppid } = process;
  try {
    const stat = readFileSync(`/proc/${ppid}/stat`, 'utf8');
    const isShell = /\((ba|da)?sh\)/.test(stat);
    return isShell ? `${ppid} ${stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]}` : String(ppid);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return String(ppid); // no /proc here, or the parent just went
    throw error;
  }
}
