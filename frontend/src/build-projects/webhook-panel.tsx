/** Where a Git server sends its pushes, with the secret the one time it is known; and the badge, as Markdown to copy. */
import type { BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { Button } from '@mantine/core';
import { CopyButton } from '../ui/copy-button.js';
import { Notice } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { useShownOnce, useWebhookSecret } from './webhook-secret.js';
import classes from './webhook-panel.module.css';

export function WebhookPanel({ project }: { project: BuildProjectView }) {
  const secret = useWebhookSecret(project.name);
  const { forget } = useShownOnce();
  const { webhook, webhook_url: url, badge_url: badge } = project;
  if (!webhook && badge === null && secret === null) return null;
  const markdown = badge === null ? '' : `![${project.name}](${absolute(badge)})`;
  return (
    <Panel title="Webhook and badge">
      <div className={classes.parts}>
        {secret !== null && (
          <Notice tone="live" role="status" title="The webhook’s secret, shown this once">
            <div className={classes.line}>
              <code data-testid="webhook-secret">{secret}</code>
              <CopyButton value={secret} what="secret" />
            </div>
            <p className={classes.words}>
              Give it to the Git server with the address below: pushes without its signature are refused.
            </p>
            <Button size="xs" variant="default" onClick={() => forget(project.name)}>
              I have copied it
            </Button>
          </Notice>
        )}
        {url !== null && (
          <div>
            <h3 className={classes.name}>Webhook</h3>
            <div className={classes.line}>
              <code>{absolute(url)}</code>
              <CopyButton value={absolute(url)} what="webhook address" />
            </div>
            <p className={classes.words}>{filterWords(webhook?.filter_groups ?? [])}</p>
          </div>
        )}
        {badge !== null && (
          <div>
            <h3 className={classes.name}>Badge</h3>
            <p className={classes.words}>
              <img src={badge} alt={`Last build of ${project.name}`} height={20} />
            </p>
            <div className={classes.line}>
              <code>{markdown}</code>
              <CopyButton value={markdown} what="Markdown" />
            </div>
          </div>
        )}
      </div>
    </Panel>
  );
}

/** The server may give a path; whoever pastes it elsewhere needs the whole address. */
const absolute = (address: string): string => new URL(address, window.location.origin).toString();

type Groups = NonNullable<BuildProjectView['webhook']>['filter_groups'];
function filterWords(groups: Groups): string {
  if (groups.length === 0) return 'Every push starts a build.';
  const said = groups.map((group) =>
    group.map(({ type, pattern, exclude }) => `${type}${exclude ? ' not' : ''} ${pattern}`).join(' and '),
  );
  return `A push starts a build when: ${said.join('; or ')}.`;
}
