/** The track, waiting for its first train. */
export function EmptyArt() {
  return (
    <svg width="220" height="72" viewBox="0 0 220 72" fill="none">
      <path
        d="M6 58h56c9 0 15-4 19-11l14-24c4-7 10-11 19-11h60"
        stroke="var(--line-strong)"
        strokeWidth="3"
        strokeDasharray="2 8"
        strokeLinecap="round"
      />
      {[
        [30, 58],
        [71, 54],
        [88, 35],
        [114, 12],
        [148, 12],
      ].map(([x, y]) => (
        <circle key={x} cx={x} cy={y} r="5.5" fill="var(--sheet)" stroke="var(--line-strong)" strokeWidth="3" />
      ))}
      <circle cx="196" cy="12" r="10" fill="var(--accent-soft)" stroke="var(--accent)" strokeWidth="3" />
      <circle cx="196" cy="12" r="3.5" fill="var(--accent)" />
    </svg>
  );
}
