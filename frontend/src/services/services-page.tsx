/** The health of every service, as the monitor sees it. */
import type { ServiceView } from '@aws-deployer/platform/contracts/activity';
import { IconHeartbeat } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { servicesQuery } from '../api/records.js';
import { Empty, LoadingPanel, Problem } from '../ui/feedback.js';
import { Page } from '../ui/page.js';
import { TimeAgo } from '../ui/time-ago.js';
import type { Tone } from '../ui/tone.js';
import { count, duration } from '../ui/words.js';
import classes from './services-page.module.css';

const FACES: Readonly<Record<ServiceView['state'], { tone: Tone; word: string }>> = {
  up: { tone: 'good', word: 'Up' },
  degraded: { tone: 'warn', word: 'Degraded' },
  down: { tone: 'bad', word: 'Down' },
  unknown: { tone: 'mute', word: 'Not seen yet' },
};

export function ServicesPage() {
  const query = useQuery(servicesQuery);
  const services = query.data ?? [];
  return (
    <Page
      title="Services"
      lead={query.data ? <Lead services={services} /> : 'The health of every part of the platform.'}
    >
      {query.isPending && <LoadingPanel height={220} label="Loading the services" />}
      {query.error && !query.data && (
        <Problem error={query.error} what="The services" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && services.length === 0 && (
        <Empty icon={<IconHeartbeat size={36} stroke={1.3} />} title="No service has reported yet" />
      )}
      <ul className={classes.grid} aria-label="Services">
        {services.map((service) => (
          <ServiceCard key={service.name} service={service} />
        ))}
      </ul>
    </Page>
  );
}

function Lead({ services }: { services: readonly ServiceView[] }) {
  const ill = services.filter(({ state }) => state === 'down' || state === 'degraded');
  return (
    <span aria-live="polite">
      {ill.length === 0
        ? `All well: ${count(services.length, 'service')} watched every few seconds.`
        : `${ill.map(({ name }) => name).join(', ')} ${ill.length === 1 ? 'needs' : 'need'} a look.`}
    </span>
  );
}

function ServiceCard({ service }: { service: ServiceView }) {
  const face = FACES[service.state];
  return (
    <li className={classes.card} data-tone={face.tone}>
      <div className={classes.head}>
        <span className={classes.dot} aria-hidden />
        <b>{service.name}</b>
        <span className={classes.word}>{face.word}</span>
      </div>
      <p className={classes.detail}>{service.detail}</p>
      <div className={classes.foot}>
        <code title={service.url}>{service.url.replace(/^https?:\/\//, '')}</code>
        <span>{service.latency_ms === null ? '' : duration(service.latency_ms)}</span>
        <span>{service.checked_at === null ? 'never checked' : <TimeAgo at={service.checked_at} />}</span>
      </div>
    </li>
  );
}
