/** What builds took and cost in a span of days, by project: bars for the eye, the same in a table for all. */
import type { BuildUsageView } from '@aws-deployer/platform/contracts/builds';
import { SegmentedControl } from '@mantine/core';
import { IconChartBar } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { buildUsageQuery } from '../api/builds.js';
import { Empty, Notice } from '../ui/feedback.js';
import { Fact, Facts, fact } from '../ui/facts.js';
import { ListPanel } from '../ui/list-panel.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { duration, fullInstant, money } from '../ui/words.js';
import { BuildsTabs } from './builds-tabs.js';
import classes from './usage-page.module.css';

type ProjectUsage = BuildUsageView['projects'][number];
const route = getRouteApi('/signed-in/builds/usage');
const SPANS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
];

export function UsagePage() {
  const { days = '30' } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery({ ...buildUsageQuery(sinceDays(Number(days))), placeholderData: (before) => before });
  const usage = query.data;
  const projects = [...(usage?.projects ?? [])].sort((a, b) => b.billed_minutes - a.billed_minutes);
  return (
    <Page
      title="Build usage"
      lead="Minutes as AWS bills them: begun minutes of each build. Builds on this machine cost nothing."
      actions={
        <SegmentedControl
          aria-label="Span"
          data={SPANS}
          value={days}
          onChange={(next) => void navigate({ search: next === '30' ? {} : { days: next }, replace: true })}
        />
      }
    >
      <BuildsTabs />
      {usage && (
        <Panel flush>
          <Facts>
            <Fact name="Builds">
              <b className={classes.number}>{usage.total.builds.toLocaleString()}</b>
            </Fact>
            <Fact name="Billed minutes">
              <b className={classes.number}>{usage.total.billed_minutes.toLocaleString()}</b>
            </Fact>
            <Fact name="Cost">
              <b className={classes.number}>{money(usage.total.cost_usd)}</b>
            </Fact>
            <Fact name="Prices of">
              <span className={fact.dim}>{usage.price_list_date}</span>
            </Fact>
          </Facts>
        </Panel>
      )}
      {projects.length > 0 && <Bars projects={projects} />}
      <ListPanel<ProjectUsage>
        title="By project"
        note={usage ? `since ${fullInstant(usage.from)}` : undefined}
        what="usage"
        label="Usage by project"
        query={query}
        items={projects}
        rowKey={({ project }) => project}
        columns={[
          {
            name: 'Project',
            render: ({ project }) => (
              <Link to="/builds/projects/$name" params={{ name: project }}>
                {project}
              </Link>
            ),
          },
          { name: 'Team', labelled: true, render: ({ team }) => team },
          { name: 'Builds', right: true, labelled: true, render: ({ builds }) => builds.toLocaleString() },
          {
            name: 'Succeeded',
            right: true,
            labelled: true,
            render: ({ builds, succeeded }) => (builds === 0 ? '' : `${((succeeded / builds) * 100).toFixed(0)} %`),
          },
          {
            name: 'Usual time',
            right: true,
            labelled: true,
            render: ({ median_seconds: median }) => (median === null ? '' : duration(median * 1000)),
          },
          {
            name: 'Minutes',
            right: true,
            labelled: true,
            render: ({ billed_minutes: minutes }) => minutes.toLocaleString(),
          },
          { name: 'Cost', right: true, labelled: true, render: ({ cost_usd: cost }) => money(cost) },
        ]}
        empty={
          <Empty icon={<IconChartBar size={36} stroke={1.3} />} title="No builds in these days">
            {days === '90' ? 'A build that is started today counts here.' : 'Take a longer span.'}
          </Empty>
        }
      />
      {usage && usage.total.cost_usd > 0 && (
        <Notice tone="mute">
          Costs follow AWS’s list for us-east-1 as of {usage.price_list_date}. AWS’s bill is the one that counts: it
          knows free minutes and discounts.
        </Notice>
      )}
    </Page>
  );
}

/** From the beginning of the day, so that the same question is asked all day. */
function sinceDays(days: number): string {
  const from = new Date();
  from.setUTCHours(0, 0, 0, 0);
  return new Date(from.getTime() - days * 86_400_000).toISOString();
}

const SHOWN = 8;

/** The table below says the same to those who do not see bars. */
function Bars({ projects }: { projects: readonly ProjectUsage[] }) {
  const most = Math.max(...projects.map(({ billed_minutes: minutes }) => minutes), 1);
  return (
    <Panel title="Billed minutes" note={projects.length > SHOWN ? `the ${SHOWN} that took most` : undefined}>
      <div className={classes.bars} aria-hidden>
        {projects.slice(0, SHOWN).map(({ project, billed_minutes: minutes, cost_usd: cost }) => (
          <div key={project} className={classes.row}>
            <span className={classes.name}>{project}</span>
            <span className={classes.lane}>
              <span style={{ width: `${Math.max(0.5, (minutes / most) * 100)}%` }} />
            </span>
            <span className={classes.value}>
              {minutes.toLocaleString()} min <span className={cell.dim}>{money(cost)}</span>
            </span>
          </div>
        ))}
      </div>
    </Panel>
  );
}
