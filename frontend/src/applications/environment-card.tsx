/** What runs in one environment, and how its last deployment went. */
import type { ApplicationView } from '@aws-deployer/platform/contracts/applications';
import { IconExternalLink } from '@tabler/icons-react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { StateBadge } from '../deployments/state-badge.js';
import { faceOf } from '../deployments/states.js';
import { wholeStory } from '../deployments/why.js';
import { CopyButton } from '../ui/copy-button.js';
import { TimeAgo } from '../ui/time-ago.js';
import { readable, shortCommit, shortImage } from '../ui/words.js';
import classes from './application-page.module.css';

export function EnvironmentCard({
  application,
  environment,
  mayDeploy,
}: {
  application: string;
  mayDeploy: boolean;
  environment: ApplicationView['environments'][number];
}) {
  const { last_deployment: last, url, live_image: image, live_commit: commit } = environment;
  return (
    <section
      className={classes.card}
      data-tone={last ? faceOf(last.state).tone : 'mute'}
      aria-label={`Environment ${environment.environment}`}
    >
      <header>
        <h2>{environment.environment}</h2>
        <code className={classes.namespace}>{environment.namespace}</code>
        <span className={classes.end}>{last && <StateBadge state={last.state} />}</span>
      </header>
      {url === null ? (
        <p className={classes.noUrl}>No address outside the cluster</p>
      ) : (
        <p className={classes.url}>
          <a href={url} target="_blank" rel="noreferrer">
            {url}
            <IconExternalLink size={15} aria-hidden />
          </a>
          <CopyButton value={url} what="address" size={24} />
        </p>
      )}
      {last && <p className={classes.sentence}>{readable(wholeStory(last))}</p>}
      <footer>
        <span>
          {image === null ? (
            'nothing is live'
          ) : (
            <>
              live <code title={image}>{commit === null ? shortImage(image) : shortCommit(commit)}</code>
            </>
          )}
        </span>
        {last && (
          <Link to="/deployments/$id" params={{ id: last.id }}>
            deployed <TimeAgo at={last.created_at} />
          </Link>
        )}
        {mayDeploy && (
          <Button
            variant="default"
            size="compact-xs"
            renderRoot={(props) => (
              <Link to="/deploy" search={{ application, environment: environment.environment }} {...props} />
            )}
          >
            Deploy here
          </Button>
        )}
      </footer>
    </section>
  );
}
