/** What the deployer needs beside a cluster, in one process that is never killed: accounts, the audit chain, activity, builds. */
import { auth } from '@aws-deployer/auth-service/service';
import { codebuild } from '@aws-deployer/codebuild-service/service';
import { history } from '@aws-deployer/history-service/service';
import { monitor } from '@aws-deployer/monitor-service/service';
import { stopOnSignal } from '@aws-deployer/platform/runtime/stop-on-signal';
import { runServices } from '@aws-deployer/platform/runtime/run-services';

const urls = JSON.parse(process.env['DATABASE_URLS'] ?? '{}') as Record<string, string>;
const modules = [auth, history, monitor, codebuild];
const running = await runServices({
  port: Number(process.env['PORT']),
  host: '127.0.0.1',
  services: modules.map((module) => ({ module, env: { ...process.env, DATABASE_URL: urls[module.name] } })),
});
stopOnSignal(() => running.stop());
