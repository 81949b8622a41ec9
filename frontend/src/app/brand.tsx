/** The mark: a line that climbs over its stations to the release. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8.5" fill="#2b3fe0" />
      <path
        d="M6.5 23.5h6.2c1 0 1.9-.5 2.4-1.3l4.6-8c.5-.8 1.4-1.3 2.4-1.3h3.4"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <circle cx="6.8" cy="23.5" r="2.6" fill="#fff" />
      <circle cx="16.6" cy="18.6" r="2.6" fill="#9fadff" />
      <circle cx="25.2" cy="12.9" r="3.6" fill="#c9f26b" />
    </svg>
  );
}
