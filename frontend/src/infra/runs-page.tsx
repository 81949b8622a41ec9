/** Every plan, apply and look for drift, of all environments; the filter stands in the address. */
import { Select } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { infraEnvironmentsQuery, type RunFilter } from '../api/infra.js';
import { itemsOf } from '../api/pages.js';
import { Empty } from '../ui/feedback.js';
import { Filters, given } from '../ui/filters.js';
import { Page } from '../ui/page.js';
import { InfraTabs } from './infra-tabs.js';
import { RunsPanel } from './runs-panel.js';
import { ALL_RUN_KINDS, ALL_RUN_STATUSES, kindLabel, plainRunFace } from './statuses.js';

const route = getRouteApi('/signed-in/infrastructure/runs');

export function RunsPage() {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const environments = useInfiniteQuery(infraEnvironmentsQuery(500));
  const seek = (change: RunFilter) => void navigate({ search: given({ ...filter, ...change }), replace: true });
  return (
    <Page title="Infrastructure runs" lead="What was planned, who approved it, and what became of it.">
      <InfraTabs />
      <Filters>
        <Select
          aria-label="Environment"
          w={200}
          data={[
            { value: '', label: 'Any environment' },
            ...itemsOf(environments.data).map(({ name }) => ({ value: name, label: name })),
          ]}
          value={filter.environment ?? ''}
          onChange={(name) => seek({ environment: name === null || name === '' ? undefined : name })}
        />
        <Select
          aria-label="Kind"
          w={150}
          data={[
            { value: '', label: 'Any kind' },
            ...ALL_RUN_KINDS.map((value) => ({ value: value, label: kindLabel(value) })),
          ]}
          value={filter.kind ?? ''}
          onChange={(kind) => seek({ kind: kind === null || kind === '' ? undefined : kind })}
        />
        <Select
          aria-label="Status"
          w={150}
          data={[
            { value: '', label: 'Any status' },
            ...ALL_RUN_STATUSES.map((value) => ({ value: value, label: plainRunFace(value).label })),
          ]}
          value={filter.status ?? ''}
          onChange={(status) => seek({ status: status === null || status === '' ? undefined : status })}
        />
      </Filters>
      <RunsPanel
        filter={filter}
        {...(Object.keys(filter).length === 0 && {
          empty: (
            <Empty icon={<IconTimeline size={36} stroke={1.3} />} title="Nothing was run yet">
              A plan, an apply or a look for drift stands here once somebody starts it.
            </Empty>
          ),
        })}
      />
    </Page>
  );
}
