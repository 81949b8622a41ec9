/** The poster beside the sign-in: the track of a release, drawn large. Decoration only. */
import classes from './login-page.module.css';

const LINE = 'M-900 560H146c18 0 32-8 42-24L392 262c28-37 58-72 108-72';
const STATIONS = [
  { x: 52, y: 560, label: 'validate', below: true },
  { x: 142, y: 560, label: 'prepare', below: true },
  { x: 250, y: 452, label: 'build', below: false },
  { x: 310, y: 372, label: 'deploy', below: false },
  { x: 376, y: 283, label: 'test', below: false },
  { x: 506, y: 190, label: 'monitor', below: true },
] as const;

export function LoginArt() {
  return (
    <div className={classes.art} aria-hidden>
      <svg viewBox="0 120 690 520" preserveAspectRatio="xMidYMid meet">
        <path d={LINE} fill="none" stroke="#fff" strokeWidth="5" strokeLinecap="round" />
        <path
          className={classes.wayBack}
          d="M324 384c92 24 104 132 22 162-46 17-110 15-170 14"
          fill="none"
          stroke="#9fadff"
          strokeWidth="3"
          strokeDasharray="3 11"
          strokeLinecap="round"
        />
        <path d="M506 190h1200" fill="none" stroke="#c9f26b" strokeWidth="5" strokeLinecap="round" />
        {STATIONS.map(({ x, y, label, below }) => (
          <g key={label}>
            <circle cx={x} cy={y} r="12" fill="#2233c2" stroke="#fff" strokeWidth="5" />
            <text
              x={below ? x : x - 26}
              y={below ? y + 42 : y - 4}
              textAnchor={below ? 'middle' : 'end'}
              className={classes.station}
            >
              {label}
            </text>
          </g>
        ))}
        <circle cx="618" cy="190" r="21" fill="#c9f26b" />
        <path d="M609 190l7 7 12-14" fill="none" stroke="#1b299c" strokeWidth="4.5" strokeLinecap="round" />
        <text x="618" y="240" textAnchor="middle" className={classes.station} data-goal>
          stable
        </text>
        <circle className={classes.train} r="7" fill="#c9f26b">
          <animateMotion
            dur="9s"
            repeatCount="indefinite"
            path={`${LINE.replace('M-900', 'M-120')}h118`}
            keyPoints="0;1;1"
            keyTimes="0;0.7;1"
            calcMode="linear"
          />
        </circle>
      </svg>
    </div>
  );
}
