/** Nothing at this address: says what was looked for, and a way on. */
import { Button } from '@mantine/core';
import { IconMapPinOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Empty } from './feedback.js';
import { Page } from './page.js';
import { Panel } from './panel.js';

export function NotFound({ what, name }: { what: string; name?: string }) {
  return (
    <Page title="Not found">
      <Panel>
        <Empty
          icon={<IconMapPinOff size={40} stroke={1.3} />}
          title={name === undefined ? `No such ${what}` : `There is no ${what} “${name}”`}
          actions={
            <Button variant="default" renderRoot={(props) => <Link to="/applications" {...props} />}>
              Go to applications
            </Button>
          }
        >
          It may have been removed, or the address has a slip in it.
        </Empty>
      </Panel>
    </Page>
  );
}
