/** Ctrl+K: go to a page or an application, deploy, change the theme, by a few letters. */
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight } from '@mantine/spotlight';
import {
  IconActivity,
  IconApps,
  IconBox,
  IconChartBar,
  IconCloud,
  IconHammer,
  IconHeartbeat,
  IconHourglass,
  IconKey,
  IconPlus,
  IconRocket,
  IconSearch,
  IconServerBolt,
  IconSettings,
  IconShieldCheck,
  IconStack2,
  IconTimeline,
} from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { applicationsQuery } from '../api/applications.js';
import { SCHEMES } from './theme-switch.js';

const ICON = { size: 18, stroke: 1.6 } as const;

/** Reaches the scroll area inside the list, which its types do not name: what scrolls must take the focus. */
const FOCUSABLE: object = { viewportProps: { tabIndex: 0 } };

type PagePath =
  | '/deploy'
  | '/applications'
  | '/deployments'
  | '/builds'
  | '/builds/projects'
  | '/builds/projects/new'
  | '/builds/queue'
  | '/builds/usage'
  | '/images'
  | '/infrastructure'
  | '/infrastructure/new'
  | '/infrastructure/runs'
  | '/aws'
  | '/activity'
  | '/audit'
  | '/services'
  | '/settings/cloud-accounts';

interface Command {
  readonly id: string;
  readonly label: string;
  readonly note: string;
  readonly icon: ReactNode;
  readonly run: () => void;
}

export function CommandPalette() {
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState('');
  const [sought] = useDebouncedValue(query.trim(), 150);
  const applications = useInfiniteQuery({ ...applicationsQuery(sought, 6), staleTime: 15_000 });
  useEffect(() => {
    // Spotlight marks the first hit when a letter is typed; applications that arrive later replace it. Enter must act.
    if (query === '' || document.querySelector('[data-action][data-selected]')) return;
    document.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
  });
  const to = (path: PagePath) => () => void navigate({ to: path });
  const commands: Command[] = [
    {
      id: 'deploy',
      label: 'Deploy …',
      note: 'Git, pasted source or image',
      icon: <IconRocket {...ICON} />,
      run: to('/deploy'),
    },
    { id: 'applications', label: 'Applications', note: 'page', icon: <IconApps {...ICON} />, run: to('/applications') },
    {
      id: 'deployments',
      label: 'Deployments',
      note: 'page',
      icon: <IconTimeline {...ICON} />,
      run: to('/deployments'),
    },
    { id: 'builds', label: 'Builds', note: 'page', icon: <IconHammer {...ICON} />, run: to('/builds') },
    {
      id: 'projects',
      label: 'Build projects',
      note: 'page',
      icon: <IconHammer {...ICON} />,
      run: to('/builds/projects'),
    },
    {
      id: 'new-project',
      label: 'New build project …',
      note: 'paste where the source is',
      icon: <IconPlus {...ICON} />,
      run: to('/builds/projects/new'),
    },
    {
      id: 'queue',
      label: 'Build queue',
      note: 'page, shares of the teams',
      icon: <IconHourglass {...ICON} />,
      run: to('/builds/queue'),
    },
    {
      id: 'usage',
      label: 'Build usage',
      note: 'page, minutes and cost',
      icon: <IconChartBar {...ICON} />,
      run: to('/builds/usage'),
    },
    { id: 'images', label: 'Images', note: 'page, Amazon ECR', icon: <IconStack2 {...ICON} />, run: to('/images') },
    {
      id: 'infrastructure',
      label: 'Infrastructure',
      note: 'page, environments by Terraform',
      icon: <IconServerBolt {...ICON} />,
      run: to('/infrastructure'),
    },
    {
      id: 'infrastructure-runs',
      label: 'Infrastructure runs',
      note: 'page, plans and applies',
      icon: <IconTimeline {...ICON} />,
      run: to('/infrastructure/runs'),
    },
    {
      id: 'new-environment',
      label: 'New infrastructure environment',
      note: 'from a Terraform module',
      icon: <IconPlus {...ICON} />,
      run: to('/infrastructure/new'),
    },
    { id: 'aws', label: 'AWS', note: 'ask, or run an operation', icon: <IconCloud {...ICON} />, run: to('/aws') },
    { id: 'activity', label: 'Activity', note: 'page', icon: <IconActivity {...ICON} />, run: to('/activity') },
    {
      id: 'history',
      label: 'History',
      note: 'page, verify the chain',
      icon: <IconShieldCheck {...ICON} />,
      run: to('/audit'),
    },
    {
      id: 'services',
      label: 'Services',
      note: 'page, health',
      icon: <IconHeartbeat {...ICON} />,
      run: to('/services'),
    },
    {
      id: 'tokens',
      label: 'API tokens',
      note: 'settings',
      icon: <IconKey {...ICON} />,
      run: () => void navigate({ to: '/settings/tokens' }),
    },
    {
      id: 'cloud-accounts',
      label: 'Cloud accounts',
      note: 'settings',
      icon: <IconCloud {...ICON} />,
      run: to('/settings/cloud-accounts'),
    },
    {
      id: 'engines',
      label: 'Engines',
      note: 'settings, what was picked and why',
      icon: <IconSettings {...ICON} />,
      run: () => void navigate({ to: '/settings/engines' }),
    },
    ...SCHEMES.map(({ value, label, icon: Icon }) => ({
      id: `theme-${value}`,
      label: `Theme: ${label}`,
      note: 'appearance',
      icon: <Icon {...ICON} />,
      run: () => setColorScheme(value),
    })),
  ];
  const wanted = query.trim().toLowerCase();
  const shown = commands.filter(({ label, note }) => `${label} ${note}`.toLowerCase().includes(wanted));
  const found = applications.data?.pages[0]?.items ?? [];
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      radius="lg"
      scrollable
      maxHeight={420}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
    >
      <Spotlight.Search
        placeholder="Go to an application, deploy, change the theme …"
        aria-label="Search or run a command"
        leftSection={<IconSearch size={18} />}
      />
      <Spotlight.ActionsList {...FOCUSABLE}>
        {found.length > 0 && (
          <Spotlight.ActionsGroup label="Applications">
            {found.map((application) => (
              <Spotlight.Action
                key={application.id}
                label={application.name}
                description={application.environments.map(({ environment }) => environment).join(', ')}
                leftSection={<IconBox {...ICON} />}
                onClick={() => void navigate({ to: '/applications/$name', params: { name: application.name } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {shown.length > 0 && (
          <Spotlight.ActionsGroup label="Commands">
            {shown.map(({ id, label, note, icon, run }) => (
              <Spotlight.Action key={id} label={label} description={note} leftSection={icon} onClick={run} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {shown.length === 0 && found.length === 0 && <Spotlight.Empty>Nothing by that name</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
