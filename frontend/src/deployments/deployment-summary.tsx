/** The address, large and copyable, and the facts of the release beside it. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { IconExternalLink, IconWorldOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { CopyButton } from '../ui/copy-button.js';
import { fact, Fact, Facts, Hash } from '../ui/facts.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { duration, shortCommit, shortDigest, shortImage } from '../ui/words.js';
import { sourceWords } from './source-words.js';
import { isEnded } from './states.js';
import classes from './deployment-summary.module.css';

export function DeploymentSummary({ deployment }: { deployment: DeploymentView }) {
  const source = sourceWords(deployment.source);
  const ended = isEnded(deployment.state);
  return (
    <section className={classes.summary} aria-label="Release">
      <Address url={deployment.url} live={deployment.state === 'stable'} ended={ended} />
      <Facts>
        <Fact name={deployment.rollback_of === null ? 'Source' : 'Source (restored release)'}>
          <span className={fact.clip} title={source.text}>
            {source.text}
          </span>
          {source.ref !== null && <span className={fact.dim}>{source.ref}</span>}
        </Fact>
        <Fact name="Commit">
          {deployment.commit === null ? (
            <span className={fact.dim}>{source.kind === 'git' ? (ended ? 'not read' : 'not read yet') : 'none'}</span>
          ) : (
            <Hash full={deployment.commit} short={shortCommit(deployment.commit)} what="commit" />
          )}
        </Fact>
        <Fact name="Image">
          {deployment.image === null ? (
            <span className={fact.dim}>{ended ? 'none was built' : 'not built yet'}</span>
          ) : (
            <span className={fact.clip} title={deployment.image}>
              <code>{shortImage(deployment.image)}</code>
            </span>
          )}
        </Fact>
        <Fact name="Digest">
          {deployment.image_digest === null ? (
            <span className={fact.dim}>–</span>
          ) : (
            <Hash full={deployment.image_digest} short={shortDigest(deployment.image_digest)} what="digest" />
          )}
        </Fact>
        <Fact name="Builder">
          {deployment.builder ?? <span className={fact.dim}>–</span>}
          {deployment.build_id !== null && (
            <Link to="/builds/$id" params={{ id: deployment.build_id }}>
              the build
            </Link>
          )}
        </Fact>
        <Fact name="Namespace">
          <code>{deployment.namespace}</code>
        </Fact>
        <Fact name="Started by">
          {deployment.created_by}
          <span className={fact.dim}>
            <TimeAgo at={deployment.created_at} />
          </span>
        </Fact>
        <Fact name="Duration">
          <Elapsed deployment={deployment} />
        </Fact>
      </Facts>
    </section>
  );
}

function Address({ url, live, ended }: { url: string | null; live: boolean; ended: boolean }) {
  if (url === null) {
    return (
      <div className={classes.address} data-none>
        <IconWorldOff size={18} aria-hidden />
        <span>{ended ? 'No address outside the cluster' : 'The address appears when the rollout starts'}</span>
      </div>
    );
  }
  return (
    <div className={classes.address} data-tone={live ? 'good' : 'live'}>
      <span className={classes.addressLabel}>{live ? 'Running at' : 'Address'}</span>
      <a className={classes.url} href={url} target="_blank" rel="noreferrer">
        {url}
        <IconExternalLink size={17} aria-hidden />
      </a>
      <CopyButton value={url} what="address" size={30} />
    </div>
  );
}

function Elapsed({ deployment }: { deployment: DeploymentView }) {
  const now = useNow(deployment.ended_at === null ? 1000 : null);
  const end = deployment.ended_at === null ? now : Date.parse(deployment.ended_at);
  return <span className={fact.tabular}>{duration(end - Date.parse(deployment.created_at))}</span>;
}
