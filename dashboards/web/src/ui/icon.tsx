// Line icons, drawn for this product on a 20 x 20 grid in the colour of the text around them.

const paths = {
  alerts:
    'M10 3.2a4.6 4.6 0 0 1 4.6 4.6v3.4l1.6 2.6H3.8l1.6-2.6V7.8A4.6 4.6 0 0 1 10 3.2zM8.2 16.4a1.9 1.9 0 0 0 3.6 0',
  tickets: 'M4 4h12v12.4l-2.4-1.5-2 1.5-1.6-1.5-1.6 1.5-2-1.5L4 16.4zM7 7.6h6M7 10.6h4',
  devices: 'M7 7h6v6H7zM10 7V3.4M10 16.6V13M13 10h3.6M3.4 10H7',
  health: 'M2.6 10.4h3.2l2-5 3.6 9.4 2.2-6.2.9 1.8h3',
  live: 'M10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM5.6 14.4a6.2 6.2 0 0 1 0-8.8M14.4 5.6a6.2 6.2 0 0 1 0 8.8',
  connecting: 'M16 10a6 6 0 1 1-1.8-4.2M16.2 2.8v3.4h-3.4',
  stale: 'M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM10 6.4V10l2.4 1.6',
  offline: 'M3.4 3.4l13.2 13.2M5.6 14.4a6.2 6.2 0 0 1-.8-7.6M8.4 4a6.2 6.2 0 0 1 7 8.6',
  paused: 'M7.4 5v10M12.6 5v10',
  delay: 'M10 4.2a6.3 6.3 0 1 1 0 12.6 6.3 6.3 0 0 1 0-12.6zM10 7.4v3.2l2 1.4M8.2 2.4h3.6',
  warning: 'M10 3 18 16.6H2zM10 8v4M10 13.8v.9',
  sun: 'M10 6.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8zM10 2.2v1.6M10 16.2v1.6M2.2 10h1.6M16.2 10h1.6M4.5 4.5l1.1 1.1M14.4 14.4l1.1 1.1M4.5 15.5l1.1-1.1M14.4 5.6l1.1-1.1',
  moon: 'M16.4 11.8A6.8 6.8 0 1 1 8.2 3.6a5.4 5.4 0 0 0 8.2 8.2z',
  language:
    'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM3.2 10h13.6M10 3c2.2 2 3 4.4 3 7s-.8 5-3 7c-2.2-2-3-4.4-3-7s.8-5 3-7z',
  help: 'M7.6 7.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7M10 14.2v.6M10 2.8a7.2 7.2 0 1 1 0 14.4 7.2 7.2 0 0 1 0-14.4z',
  close: 'm5 5 10 10M15 5 5 15',
  search: 'M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4zM12.8 12.8 16.6 16.6',
  check: 'm4.4 10.6 3.6 3.8 7.6-8.6',
  cross: 'm6 6 8 8M14 6l-8 8',
  retry: 'M15.8 10a5.8 5.8 0 1 1-1.7-4.1M16.2 3v3.4h-3.4',
  queue: 'M5 10h.01M10 10h.01M15 10h.01',
  up: 'M10 15.6V4.6M5.4 9.2 10 4.6l4.6 4.6',
  back: 'M15.6 10H4.6M9.2 5.4 4.6 10l4.6 4.6',
  signOut: 'M8 4H4.6v12H8M12 6.6 15.4 10 12 13.4M15.4 10H8',
} as const

export type IconName = keyof typeof paths

export function Icon(props: { readonly name: IconName }) {
  return (
    <svg
      class={`icon icon-${props.name}`}
      viewBox="0 0 20 20"
      width="18"
      height="18"
      aria-hidden="true"
    >
      <path d={paths[props.name]} />
    </svg>
  )
}
