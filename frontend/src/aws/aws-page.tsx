/** AWS by words or from the catalogue: ask above, all operations below, the chosen one beside them. */
import type { AwsOperationView } from '@aws-deployer/platform/contracts/aws-operations';
import { Select } from '@mantine/core';
import { IconHandClick, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { awsOperationsQuery } from '../api/aws-operations.js';
import { Chip } from '../ui/chip.js';
import { Empty, LoadingRows, Notice, Problem } from '../ui/feedback.js';
import { Filters, given, SearchInput } from '../ui/filters.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { AskPanel } from './ask-panel.js';
import { NoAwsAccount, PlaceSelect, useAwsPlace, type Place } from './aws-place.js';
import { effectFace, SERVICE_NAMES, serviceLabel } from './effects.js';
import { RunPanel } from './run-panel.js';
import classes from './aws.module.css';

const route = getRouteApi('/signed-in/aws');

export function AwsPage() {
  const { q = '', service = '', operation: chosen, ...sought } = route.useSearch();
  const at = useAwsPlace(sought);
  const { place } = at;
  const navigate = route.useNavigate();
  const query = useQuery(awsOperationsQuery);
  const [known, setKnown] = useState<Readonly<Record<string, unknown>>>({});
  const operations = query.data ?? [];
  const shown = operations.filter((each) => fits(each, q, service));
  const operation = operations.find(({ name }) => name === chosen);
  const beside = useRef<HTMLDivElement>(null);
  const there = operation !== undefined;
  useEffect(() => {
    // On a phone it stands below the catalogue: a choice that shows nothing would seem to do nothing.
    const panel = beside.current;
    if (there && panel && panel.getBoundingClientRect().top > window.innerHeight * 0.7) panel.scrollIntoView();
  }, [chosen, there]);
  const seek = (change: Place & { q?: string; service?: string }) =>
    void navigate({
      search: given({ q, service, ...sought, ...(chosen === undefined ? {} : { operation: chosen }), ...change }),
      replace: true,
    });
  return (
    <Page
      title="AWS"
      lead="Everyday operations, typed and checked. What only reads runs at once; what changes anything asks first."
    >
      {at.state === 'none' && <NoAwsAccount what="The operations below can be run once one is added." />}
      <AskPanel
        place={place}
        onOpen={(name, parameters) => {
          setKnown(parameters);
          void navigate({ search: given({ ...sought, operation: name }) });
        }}
      />
      <Filters>
        <SearchInput label="Search operations" value={q} onSeek={(text) => seek({ q: text })} />
        <Select
          aria-label="Service"
          w={170}
          data={[
            { value: '', label: 'Any service' },
            ...SERVICE_NAMES.map((value) => ({ value, label: serviceLabel(value) })),
          ]}
          value={service}
          onChange={(next) => seek({ service: next ?? '' })}
        />
        <PlaceSelect at={at} onChange={(next) => seek({ account: next.account, region: next.region })} />
      </Filters>
      <div className={classes.split}>
        <Panel title="Operations" note={query.isSuccess ? `${shown.length} of ${operations.length}` : undefined} flush>
          {query.isPending && <LoadingRows rows={8} label="Loading the operations" />}
          {query.error && <Problem error={query.error} what="The operations" onRetry={() => void query.refetch()} />}
          {query.isSuccess && shown.length === 0 && (
            <Empty icon={<IconSearchOff size={34} stroke={1.3} />} title="No operation matches" />
          )}
          <Catalogue operations={shown} chosen={chosen} onChoose={() => setKnown({})} />
        </Panel>
        <div className={classes.chosen} ref={beside}>
          {operation && (
            <RunPanel
              key={`${operation.name} ${JSON.stringify(known)}`}
              operation={operation}
              place={place}
              parameters={known}
            />
          )}
          {chosen !== undefined && query.isSuccess && !operation && (
            <Notice tone="warn" title={`There is no operation ${chosen}`} />
          )}
          {chosen === undefined && (
            <Panel flush>
              <Empty icon={<IconHandClick size={36} stroke={1.3} />} title="Choose an operation">
                Its parameters, the permissions it needs and its result appear here.
              </Empty>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  );
}

function Catalogue(props: {
  operations: readonly AwsOperationView[];
  chosen: string | undefined;
  onChoose: () => void;
}) {
  const { operations, chosen, onChoose } = props;
  const services = [...new Set(operations.map(({ service }) => service))];
  return (
    <nav className={classes.catalogue} aria-label="Operations">
      {services.map((service) => (
        <section key={service} aria-label={serviceLabel(service)}>
          <h3 className={classes.service}>{serviceLabel(service)}</h3>
          <ul>
            {operations
              .filter((each) => each.service === service)
              .map(({ name, title, effect }) => (
                <li key={name}>
                  <Link
                    to="/aws"
                    search={(before) => ({ ...before, operation: name })}
                    className={classes.operation ?? ''}
                    data-chosen={name === chosen}
                    {...(name === chosen ? { 'aria-current': 'true' as const } : {})}
                    resetScroll={false}
                    onClick={onChoose}
                  >
                    {title}
                    {effect !== 'read' && <Chip tone={effectFace(effect).tone}>{effectFace(effect).word}</Chip>}
                  </Link>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

/** Every word must be in the name, the title or the description. */
function fits(operation: AwsOperationView, q: string, service: string): boolean {
  if (service !== '' && operation.service !== service) return false;
  const text = `${operation.name} ${operation.title} ${operation.description} ${serviceLabel(operation.service)}`;
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}
