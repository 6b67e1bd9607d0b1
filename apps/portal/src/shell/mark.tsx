export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" fill="currentColor">
      <path d="M6 5h20v4H6zM10 11h12v11H10zM4 24h24v4H4z" />
    </svg>
  )
}

/** The delivery line as an ornament: what the portal is about, before anything is known. */
export function LineMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 320 40" className={className} aria-hidden="true">
      <path d="M8 12H312" stroke="var(--line)" strokeWidth="2" />
      <path d="M8 12H236" stroke="var(--accent)" strokeWidth="2" />
      {['commit', 'pipeline', 'dev', 'staging', 'production'].map((name, index) => (
        <g key={name} transform={`translate(${8 + index * 76} 12)`}>
          <circle
            r="5"
            fill={index < 4 ? 'var(--accent)' : 'var(--ground)'}
            stroke={index < 4 ? 'var(--accent)' : 'var(--line-strong)'}
            strokeWidth="2"
            strokeDasharray={index < 4 ? '0' : '2.4 2'}
          />
          <text
            y="24"
            textAnchor={index === 0 ? 'start' : index === 4 ? 'end' : 'middle'}
            x={index === 0 ? -7 : index === 4 ? 7 : 0}
            fontSize="10"
            fill="var(--quiet)"
          >
            {name}
          </text>
        </g>
      ))}
    </svg>
  )
}
