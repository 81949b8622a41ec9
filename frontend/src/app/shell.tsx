/** The frame around every signed-in page: the rail with the places, the bar with search, theme and profile. */
import { ActionIcon, Burger, Button, Drawer, Kbd } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import {
  IconActivity,
  IconApps,
  IconCloud,
  IconHammer,
  IconHeartbeat,
  IconRocket,
  IconSearch,
  IconServerBolt,
  IconSettings,
  IconShieldCheck,
  IconStack2,
  IconTimeline,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, type ComponentType } from 'react';
import { may, meQuery } from '../api/session.js';
import { BrandMark } from './brand.js';
import { ProfileMenu } from './profile-menu.js';
import { ThemeSwitch } from './theme-switch.js';
import classes from './shell.module.css';

const CommandPalette = lazy(async () => ({ default: (await import('./command-palette.js')).CommandPalette }));

type Place =
  | '/applications'
  | '/deployments'
  | '/builds'
  | '/images'
  | '/infrastructure'
  | '/aws'
  | '/activity'
  | '/audit'
  | '/services'
  | '/settings';
interface PlaceFace {
  readonly to: Place;
  readonly label: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  /** Without it the page would only say that one may not see it. */
  readonly permission: string;
}
const PLACES: readonly PlaceFace[] = [
  { to: '/applications', label: 'Applications', icon: IconApps, permission: 'application:read' },
  { to: '/deployments', label: 'Deployments', icon: IconTimeline, permission: 'deployment:read' },
  { to: '/builds', label: 'Builds', icon: IconHammer, permission: 'build:read' },
  { to: '/images', label: 'Images', icon: IconStack2, permission: 'aws:read' },
  { to: '/infrastructure', label: 'Infrastructure', icon: IconServerBolt, permission: 'infra:read' },
  { to: '/aws', label: 'AWS', icon: IconCloud, permission: 'aws:read' },
  { to: '/activity', label: 'Activity', icon: IconActivity, permission: 'activity:read' },
  { to: '/audit', label: 'History', icon: IconShieldCheck, permission: 'history:read' },
  { to: '/services', label: 'Services', icon: IconHeartbeat, permission: 'service:read' },
  { to: '/settings', label: 'Settings', icon: IconSettings, permission: 'token:own' },
];

export function Shell() {
  const [opened, drawer] = useDisclosure(false);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useHotkeys([['mod+K', () => spotlight.open()]], []);
  const before = useRef(pathname);
  useEffect(() => {
    // A new page is announced from its top: the focus moves there, as it would after a full load.
    if (before.current !== pathname) main.current?.focus({ preventScroll: true });
    before.current = pathname;
  }, [pathname]);
  return (
    <div className={classes.shell}>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <aside className={classes.rail}>
        <Brand />
        <Places />
        <p className={classes.foot}>
          <a href="/api/docs" target="_blank" rel="noreferrer">
            API reference
          </a>
        </p>
      </aside>
      <div className={classes.column}>
        {/* No <header>: the dialogs bring theirs, and a page has one banner. */}
        <section className={classes.bar} aria-label="Toolbar">
          <Burger
            className={classes.burger ?? ''}
            opened={opened}
            onClick={drawer.toggle}
            size="sm"
            aria-label="Open the menu"
          />
          <Link to="/applications" className={classes.barBrand ?? ''} aria-label="AWS Deployer, applications">
            <BrandMark size={26} />
          </Link>
          <button type="button" className={classes.search} onClick={() => spotlight.open()}>
            <IconSearch size={16} aria-hidden />
            <span>Search or run a command</span>
            <Kbd size="xs">Ctrl K</Kbd>
          </button>
          <div className={classes.barEnd}>
            <ActionIcon
              className={classes.searchIcon ?? ''}
              variant="subtle"
              color="gray"
              size={34}
              aria-label="Search or run a command"
              onClick={() => spotlight.open()}
            >
              <IconSearch size={18} />
            </ActionIcon>
            <ThemeSwitch />
            <ProfileMenu />
          </div>
        </section>
        <main id="content" className={classes.main} ref={main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Drawer
        opened={opened}
        onClose={drawer.close}
        size={272}
        title={<Brand />}
        closeButtonProps={{ 'aria-label': 'Close the menu' }}
      >
        <Places onGo={drawer.close} />
      </Drawer>
      <Suspense fallback={null}>
        <CommandPalette />
      </Suspense>
    </div>
  );
}

function Brand() {
  return (
    <Link to="/applications" className={classes.brand ?? ''}>
      <BrandMark />
      <span>
        AWS <b>Deployer</b>
      </span>
    </Link>
  );
}

function Places({ onGo }: { onGo?: () => void }) {
  const me = useQuery(meQuery);
  return (
    <nav className={classes.places} aria-label="Main">
      {may(me.data, 'deployment:create') && (
        <Button
          className={classes.deploy ?? ''}
          leftSection={<IconRocket size={17} />}
          renderRoot={(props) => <Link to="/deploy" {...props} />}
          {...(onGo ? { onClick: onGo } : {})}
        >
          Deploy
        </Button>
      )}
      {PLACES.filter(({ permission }) => may(me.data, permission)).map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={classes.place ?? ''} {...(onGo ? { onClick: onGo } : {})}>
          <Icon size={18} stroke={1.7} />
          {label}
        </Link>
      ))}
    </nav>
  );
}
