/** The poster beside the sign-in: the track of a release, drawn large. Decoration only. */
import classes from './login-page.module.css';

const STATIONS = [
  { x: 80, y: 560, label: 'validate' },
  { x: 180, y: 560, label: 'prepare' },
  { x: 262, y: 452, label: 'build' },
  { x: 344, y: 344, label: 'deploy' },
  { x: 426, y: 236, label: 'test' },
  { x: 540, y: 190, label: 'monitor' },
] as const;

export function LoginArt() {
  return (
    <div className={classes.art} aria-hidden>
      <svg viewBox="0 0 720 760" preserveAspectRatio="xMidYMid slice">
        <defs>
          <pattern id="dots" width="24" height="24" patternUnits="userSpaceOnUse">
            <circle cx="2" cy="2" r="1.1" fill="#fff" opacity=".16" />
          </pattern>
        </defs>
        <rect width="720" height="760" fill="url(#dots)" />
        <path
          d="M-40 560H166c18 0 32-8 42-24L412 262c24-44 52-72 92-72h36"
          fill="none"
          stroke="#fff"
          strokeWidth="5"
          strokeLinecap="round"
        />
        <path
          className={classes.wayBack}
          d="M344 344c86 40 96 150 10 200-44 26-98 20-150 18"
          fill="none"
          stroke="#9fadff"
          strokeWidth="3"
          strokeDasharray="3 11"
          strokeLinecap="round"
        />
        <path d="M540 190h220" fill="none" stroke="#c9f26b" strokeWidth="5" strokeLinecap="round" />
        {STATIONS.map(({ x, y, label }) => (
          <g key={label}>
            <circle cx={x} cy={y} r="12" fill="#2233c2" stroke="#fff" strokeWidth="5" />
            <text x={x + 26} y={y + 30} className={classes.station}>
              {label}
            </text>
          </g>
        ))}
        <circle cx="650" cy="190" r="21" fill="#c9f26b" />
        <path d="M641 190l7 7 12-14" fill="none" stroke="#1b299c" strokeWidth="4.5" strokeLinecap="round" />
        <text x="624" y="240" className={classes.station} data-goal>
          stable
        </text>
        <circle className={classes.train} r="7" fill="#c9f26b">
          <animateMotion
            dur="9s"
            repeatCount="indefinite"
            path="M-40 560H166c18 0 32-8 42-24L412 262c24-44 52-72 92-72h146"
            keyPoints="0;1;1"
            keyTimes="0;0.7;1"
            calcMode="linear"
          />
        </circle>
      </svg>
    </div>
  );
}
