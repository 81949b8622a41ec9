/** What is set of an environment, and what takes it away. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { Button } from '@mantine/core';
import { IconLock, IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { may, meQuery } from '../api/session.js';
import { Fact, Facts, fact } from '../ui/facts.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { DangerZone } from './danger-zone.js';
import { scheduleWords } from './drift-schedule.js';
import { useEnvironment } from './environment-context.js';
import { typeOf } from './variable-values.js';
import classes from './settings-page.module.css';

type Variable = readonly [name: string, variable: InfraEnvironmentView['variables'][string]];

export function SettingsPage() {
  const environment = useEnvironment();
  const me = useQuery(meQuery);
  const mayWrite = may(me.data, 'infra:write');
  const variables = Object.entries(environment.variables);
  const backend = Object.entries(environment.backend);
  return (
    <>
      <Panel
        title="Settings"
        flush
        tools={
          mayWrite ? (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPencil size={14} />}
              renderRoot={(props) => (
                <Link to="/infrastructure/environments/$name/edit" params={{ name: environment.name }} {...props} />
              )}
            >
              Change
            </Button>
          ) : undefined
        }
      >
        <Facts>
          <Fact name="Module">
            <code>{environment.module}</code>
          </Fact>
          <Fact name="Account">{environment.account ?? <span className={fact.dim}>none</span>}</Fact>
          <Fact name="Region">{environment.region ?? <span className={fact.dim}>the module’s own</span>}</Fact>
          <Fact name="Looks for drift">{scheduleWords(environment.drift_minutes)}</Fact>
          {backend.map(([key, value]) => (
            <Fact key={key} name={`Backend: ${key}`}>
              <code>{value}</code>
            </Fact>
          ))}
        </Facts>
      </Panel>
      <Panel title="Variables" note="what the module is given" flush>
        {variables.length === 0 ? (
          <p className={classes.none}>None: the module’s own defaults hold.</p>
        ) : (
          <DataTable<Variable>
            label="Variables"
            items={variables}
            rowKey={([name]) => name}
            columns={[
              { name: 'Name', className: cell.mono, render: ([name]) => <b>{name}</b> },
              {
                name: 'Type',
                className: cell.dim,
                render: ([, { value, sensitive }]) => (sensitive ? 'sensitive' : typeOf(value)),
              },
              {
                name: 'Value',
                wide: true,
                className: cell.mono,
                render: ([, { value, sensitive }]) =>
                  sensitive ? (
                    <span className={cell.dim}>
                      <IconLock size={12} aria-hidden /> kept, never shown
                    </span>
                  ) : (
                    <span className={classes.value}>{JSON.stringify(value)}</span>
                  ),
              },
            ]}
          />
        )}
      </Panel>
      {mayWrite && <DangerZone environment={environment} />}
    </>
  );
}
