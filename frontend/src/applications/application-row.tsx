/** One application: its name, then a line for each environment with its state, sentence, address and what is live. */
import type { ApplicationView } from '@aws-deployer/platform/contracts/applications';
import { IconArrowUpRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { StateBadge } from '../deployments/state-badge.js';
import { wholeStory, whyOf } from '../deployments/why.js';
import { TimeAgo } from '../ui/time-ago.js';
import { readable, shortCommit, shortImage } from '../ui/words.js';
import classes from './applications-page.module.css';

export function ApplicationRow({ application }: { application: ApplicationView }) {
  return (
    <li className={classes.application}>
      <div className={classes.who}>
        <Link to="/applications/$name" params={{ name: application.name }} className={classes.name ?? ''}>
          {application.name}
        </Link>
        {application.description !== '' && <p className={classes.description}>{application.description}</p>}
      </div>
      <div className={classes.environments}>
        {application.environments.length === 0 && <span className={classes.dim}>Not deployed yet</span>}
        {application.environments.map((environment) => (
          <EnvironmentLine key={environment.environment} environment={environment} />
        ))}
      </div>
    </li>
  );
}

export function EnvironmentLine({ environment }: { environment: ApplicationView['environments'][number] }) {
  const { last_deployment: last, url } = environment;
  return (
    <div className={classes.environment}>
      <div className={classes.where}>
        <span className={classes.environmentName}>{environment.environment}</span>
        {last && (
          <Link to="/deployments/$id" params={{ id: last.id }} className={classes.badge ?? ''}>
            <StateBadge state={last.state} />
          </Link>
        )}
      </div>
      <div className={classes.what}>
        <span className={classes.sentence} title={last ? wholeStory(last) : undefined}>
          {last ? readable(whyOf(last)) : 'Never deployed'}
        </span>
        <span className={classes.facts}>
          {environment.live_commit !== null ? (
            <code title={environment.live_commit}>{shortCommit(environment.live_commit)}</code>
          ) : (
            environment.live_image !== null && <code>{shortImage(environment.live_image)}</code>
          )}
          {last && (
            <span>
              <TimeAgo at={last.created_at} /> by {last.created_by}
            </span>
          )}
        </span>
      </div>
      {url === null ? (
        <span className={classes.noUrl}>no address</span>
      ) : (
        <a className={classes.url} href={url} target="_blank" rel="noreferrer">
          {url.replace(/^https?:\/\//, '')}
          <IconArrowUpRight size={15} aria-hidden />
        </a>
      )}
    </div>
  );
}
