/** The columns of a list of images. */
import type { ImageView } from '../api/images.js';
import { Chip } from '../ui/chip.js';
import { Hash } from '../ui/facts.js';
import type { Column } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { bytes, shortDigest } from '../ui/words.js';
import { SEVERITIES, severityTone } from './severities.js';
import classes from './images.module.css';

export const imageColumns = (onFindings: (image: ImageView) => void): Column<ImageView>[] => [
  {
    name: 'Tags',
    wide: true,
    render: ({ tags }) =>
      tags.length === 0 ? (
        <span className={cell.dim}>untagged</span>
      ) : (
        <span className={classes.tags}>
          {tags.map((tag) => (
            <code key={tag} className={classes.tag}>
              {tag}
            </code>
          ))}
        </span>
      ),
  },
  {
    name: 'Digest',
    className: cell.nowrap,
    render: ({ digest }) => <Hash full={digest} short={shortDigest(digest)} what="digest" />,
  },
  {
    name: 'Size',
    right: true,
    className: cell.nowrap,
    render: ({ size_bytes: size }) => (size === null ? '' : bytes(size)),
  },
  { name: 'Pushed', labelled: true, className: `${cell.dim} ${cell.nowrap}`, render: ({ pushed_at: at }) => when(at) },
  {
    name: 'Pulled',
    labelled: true,
    className: `${cell.dim} ${cell.nowrap}`,
    render: ({ last_pulled_at: at }) => when(at),
  },
  {
    name: 'Scan',
    render: (image) => (
      <button type="button" className={classes.scan} onClick={() => onFindings(image)}>
        <ScanWords image={image} />
      </button>
    ),
  },
  { name: 'Runs in', wide: true, render: ({ in_use: places }) => <Places places={places} /> },
];

const when = (at: string | null) => (at === null ? 'never' : <TimeAgo at={at} />);

function Places({ places }: { places: readonly string[] | null }) {
  if (places === null) return <span className={cell.dim}>not known now</span>;
  if (places.length === 0) return <span className={cell.dim}>nowhere</span>;
  return (
    <span className={classes.tags}>
      {places.map((place) => (
        <Chip key={place} tone="live">
          {place}
        </Chip>
      ))}
    </span>
  );
}

function ScanWords({ image }: { image: ImageView }) {
  if (image.findings === null)
    return <>{image.scan_status === null ? 'not scanned' : image.scan_status.toLowerCase()}</>;
  const found = SEVERITIES.flatMap((severity) => {
    const number = image.findings?.[severity] ?? 0;
    return number > 0 ? [{ severity, number }] : [];
  });
  if (found.length === 0) return <Chip tone="good">clean</Chip>;
  return (
    <span className={classes.tags}>
      {found.slice(0, 3).map(({ severity, number }) => (
        <Chip key={severity} tone={severityTone(severity)}>
          {number} {severity.toLowerCase()}
        </Chip>
      ))}
    </span>
  );
}
