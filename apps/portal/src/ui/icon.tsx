/** Outline paths on a 16 grid, drawn for this portal: one weight, one corner. */
const paths = {
  home: 'M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4z',
  catalog: 'M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z',
  plus: 'M8 3v10M3 8h10',
  projects: 'M2.5 4.5h4l1.2 1.5h5.8V13h-11z',
  pipelines: 'M4 8h2.5M9.5 8H12M2.5 6.5h2v3h-2zM6.7 6.2h2.6v3.6H6.7zM11.5 6.5h2v3h-2z',
  changes: 'M5 5.5v5M5 3.8a1 1 0 1 0 .01 0M5 10.7a1 1 0 1 0 .01 0M11 10.7a1 1 0 1 0 .01 0M11 10.5V7a2 2 0 0 0-2-2H7.5',
  schemas: 'M6 3H4.5v3.5L3 8l1.5 1.5V13H6M10 3h1.5v3.5L13 8l-1.5 1.5V13H10',
  access: 'M5.5 7V5.2a2.5 2.5 0 0 1 5 0V7M4 7h8v6H4zM8 9.3v1.5',
  environments: 'M3 4.5 8 2.5l5 2-5 2zM3 8l5 2 5-2M3 11.3l5 2 5-2',
  telemetry: 'M2.5 9H5l1.5-5 3 8L11 7.5l.8 1.5h1.7',
  search: 'M7.2 11.4a4.2 4.2 0 1 0 0-8.4 4.2 4.2 0 0 0 0 8.4zM10.3 10.3 13.5 13.5',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  check: 'M3.5 8.5 6.5 11.5 12.5 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  terminal: 'M3 4.5 6.5 8 3 11.5M8 12h5',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  external: 'M9 3h4v4M13 3 7.5 8.5M7 4H3.5v8.5H12V9',
  sun: 'M8 5.2a2.8 2.8 0 1 0 .01 0M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M12.8 9.8A5.4 5.4 0 0 1 6.2 3.2 5.4 5.4 0 1 0 12.8 9.8z',
  system: 'M2.5 3.5h11v7h-11zM6 13h4',
  chevron: 'M6 4l4 4-4 4',
  down: 'M4 6l4 4 4-4',
  back: 'M10 4 6 8l4 4',
  user: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.3c.6-2.3 2.6-3.6 5-3.6s4.4 1.3 5 3.6',
  promote: 'M3 8h9M8.5 4.5 12 8l-3.5 3.5',
  download: 'M8 3v7M5 7.5 8 10.5l3-3M3 13h10',
  lock: 'M5.5 7V5.2a2.5 2.5 0 0 1 5 0V7M4 7h8v6H4z',
  eye: 'M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
  glass: 'M4 2.5h8l-1 5a3 3 0 0 1-6 0zM8 10.5v3M5.5 13.5h5M8 4.5 7 6l1.5 1L7.5 9',
  snow: 'M8 2v12M2.8 5l10.4 6M13.2 5 2.8 11M6.5 3 8 4.5 9.5 3M6.5 13 8 11.5 9.5 13',
  rollback: 'M4 6.5h6a3 3 0 0 1 0 6H6.5M6.5 4 4 6.5 6.5 9',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 16, className }: { name: IconName; size?: number; className?: string }) {
  const heavy = name === 'more' ? 2 : 1.4
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      className={className}
      fill="none"
      stroke="currentColor"
      strokeWidth={heavy}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  )
}
