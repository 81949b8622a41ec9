/** What an action was about, with a link where the console has a page for it. */
import { Link } from '@tanstack/react-router';
import { cell } from '../ui/table.js';

const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text);

export function RecordTarget({ type, target }: { type: string | null; target: string | null }) {
  if (target === null) return <span className={cell.dim}>–</span>;
  const shown = isId(target) ? `${target.slice(0, 8)}…${target.slice(-4)}` : target;
  if (type === 'deployment') {
    return (
      <Link to="/deployments/$id" params={{ id: target }} title={target}>
        deployment <code className={cell.mono}>{shown}</code>
      </Link>
    );
  }
  if (type === 'application' && !isId(target)) {
    return (
      <Link to="/applications/$name" params={{ name: target }}>
        {target}
      </Link>
    );
  }
  if (type === 'build' && isId(target)) {
    return (
      <Link to="/builds/$id" params={{ id: target }} title={target}>
        build <code className={cell.mono}>{shown}</code>
      </Link>
    );
  }
  if (type === 'build_project' && !isId(target)) {
    return (
      <Link to="/builds/projects/$name" params={{ name: target }}>
        {target}
      </Link>
    );
  }
  return (
    <span title={target}>
      {type ?? ''} <code className={cell.mono}>{shown}</code>
    </span>
  );
}
