// What the JSON formats understand without a reading, what they keep beside a mistake, and how they name devices.

import { describe, expect, it } from 'vitest'
import { decodeJson as decode } from './json-formats.ts'
import type { JsonFormat as Format } from './json-formats.ts'

const up = 'application/a/device/24e124136c506271/event/up'
const deviceInfo = { devEui: '24e124136c506271' }
const tts = 'v3/app@t/devices/d1/up'
const ids = { device_id: 'd1', dev_eui: '0004A30B001C0530' }
const ali = '/sys/pk/dn/thing/event/property/post'
const onenet = '$sys/pid/dn/thing/property/post'
const huawei = '$oc/devices/d1/sys/properties/report'
const tencent = '$thing/up/property/pid/dn'
const aep = { deviceId: 'd1', timestamp: 1_793_577_600_000, messageType: 'dataReport' }
const point = { type: 1, dev_id: 7, ds_id: 'level', at: 1_793_577_600_000, value: 1 }

describe('the JSON formats', () => {
  it.each<[Format, string, string, unknown]>([
    ...['join', 'status', 'ack', 'txack', 'log', 'location', 'integration'].map(
      (event): [Format, string, string, unknown] => [
        'chirpstack',
        `a ${event} event`,
        up.replace('/up', `/${event}`),
        { deviceInfo, time: '?' },
      ],
    ),
    ['chirpstack', 'a log line without its topic', 'lora/out', { deviceInfo, level: 'INFO' }],
    ['chirpstack', 'a frame of network commands', up, { deviceInfo, fCnt: 1 }],
    ...['join', 'down/queued', 'down/ack', 'location/solved', 'service/data', 'up/normalized'].map(
      (kind): [Format, string, string, unknown] => [
        'tts',
        kind,
        tts.replace('/up', `/${kind}`),
        { end_device_ids: ids },
      ],
    ),
    ['tts', 'a join without its topic', '', { end_device_ids: ids, join_accept: {} }],
    ['zigbee2mqtt', 'the bridge', 'zigbee2mqtt/bridge/logging', Buffer.from('no JSON')],
    ['zigbee2mqtt', 'plain availability', 'zigbee2mqtt/d/availability', Buffer.from('online')],
    ['zigbee2mqtt', 'a request', 'zigbee2mqtt/d/set/state', Buffer.from('ON')],
    ['zigbee2mqtt', 'a removed device', 'zigbee2mqtt/d', Buffer.alloc(0)],
    ['zigbee2mqtt', 'a state without values', 'zigbee2mqtt/d', { linkquality: 7, battery: null }],
    ['thing-model', 'OneNET’s own answer', `${onenet}/reply`, { id: '1', code: 200 }],
    ['thing-model', 'an answer of Alibaba', `${ali}_reply`, { id: '1', code: 200 }],
    ['thing-model', 'a device’s labels', '/sys/p/d/thing/deviceinfo/update', { params: [] }],
    ['thing-model', 'Huawei’s events', '$oc/devices/d/sys/events/up', { services: [] }],
    ['thing-model', 'Huawei’s answers', '$oc/devices/d/sys/commands/response/request_id=1', {}],
    ['thing-model', 'Tencent’s answers', '$thing/down/property/p/d', { method: 'report_reply' }],
    ['thing-model', 'what goes down to a device', '$thing/down/property/p/d', { params: { a: 1 } }],
    ['thing-model', 'Tencent’s requests', tencent, { method: 'get_status', clientToken: 'c' }],
    ['thing-model', 'Tencent’s actions', '$thing/up/action/p/d', { method: 'action_reply' }],
    ['ctwing', 'gathered repetitions', '', { ...aep, messageType: 'dataReportTupUnion' }],
    ['onenet', 'a scene', '', { msg: { messageType: 'sceneLog', data: {} } }],
    ['onenet', 'a command’s answer', '', { msg: { ...point, type: 7 } }],
    ['onenet', 'an empty list', '', { msg: [] }],
  ])('%s: understands %s, which holds no readings', (format, _, topic, payload) => {
    expect(decode(format, topic, payload)).toMatchObject({
      kind: 'readings',
      readings: [],
      refused: [],
    })
    expect(decode(format, topic, payload)).not.toHaveProperty('replies')
  })

  it.each<[Format, string, string, unknown, Readonly<Record<string, unknown>>]>([
    ['chirpstack', 'bytes beside a bad object', up, { deviceInfo, data: 'AQI=', object: 7 }, {}],
    [
      'chirpstack',
      'an object beside bad bytes',
      up,
      { deviceInfo, data: '!', object: { a: 1 } },
      { a: 1 },
    ],
    [
      'senml',
      'records beside a bad one',
      'senml/d',
      [
        { bn: 'd:', n: 'a', v: 'x' },
        { n: 'b', v: 2 },
      ],
      { b: 2 },
    ],
    [
      'thing-model',
      'properties beside a bad time',
      onenet,
      { params: { a: { value: 1, time: 5 }, b: 2 } },
      { b: 2 },
    ],
    [
      'thing-model',
      'services beside a bad one',
      huawei,
      { services: [7, { service_id: 's', properties: { a: 1 } }] },
      { a: 1 },
    ],
    [
      'thing-model',
      'the first of one name in two services',
      huawei,
      {
        services: [
          { service_id: 's', properties: { a: 1 } },
          { service_id: 't', properties: { a: 2 } },
        ],
      },
      { a: 1 },
    ],
    [
      'onenet',
      'points beside a bad one',
      '',
      { msg: [point, { ...point, at: 'x' }] },
      { level: 1 },
    ],
  ])('%s: keeps %s', (format, _, topic, payload, metrics) => {
    const decoded = decode(format, topic, payload)
    expect(decoded).toMatchObject({ kind: 'readings', readings: [{ metrics }] })
    if (decoded.kind === 'readings') expect(decoded.refused).toHaveLength(1)
  })

  it.each<[Format, string, string, unknown, string | null, readonly string[]]>([
    ['chirpstack', 'by its topic', up, { object: { a: 1 } }, '24e124136c506271', []],
    [
      'ctwing',
      'by its IMEI alone',
      '',
      { ...aep, deviceId: '', IMEI: 862_592_051_651_472, payload: { a: 1 } },
      '862592051651472',
      [],
    ],
    [
      'ctwing',
      'not by an IMEI that is none',
      '',
      { ...aep, IMEI: 'undefined', payload: { a: 1 } },
      'd1',
      [],
    ],
    ['onenet', 'by its number', '', { msg: point }, '7', []],
    [
      'senml',
      'by all of a name but its last part',
      '',
      [{ n: 'urn:dev:mac:0024befffe804ff1/temp', v: 1 }],
      'urn:dev:mac:0024befffe804ff1',
      ['0024befffe804ff1'],
    ],
    [
      'zigbee2mqtt',
      'below another base topic',
      'site1/zigbee2mqtt/hall/door',
      { contact: true },
      'hall/door',
      [],
    ],
    [
      'zigbee2mqtt',
      'below a base topic of another name',
      'z2m/hall/door',
      { contact: true },
      'hall/door',
      [],
    ],
  ])('%s: knows the device %s', (format, _, topic, payload, device, also) => {
    const decoded = decode(format, topic, payload)
    expect(decoded).toMatchObject({ kind: 'readings', device, refused: [] })
    if (decoded.kind === 'readings') {
      expect(decoded.readings).toHaveLength(1)
      expect(decoded.deviceAlso ?? []).toEqual(also)
    }
  })

  it.each(['/sys/pk/dn/thing/model/up_raw', '$thing/up/raw/pk/dn'])(
    'thing-model: hands on the bytes of %s as they are',
    (topic) => {
      const bytes = Buffer.from([0, 0x22, 0x33, 0xff])
      expect(decode('thing-model', topic, bytes)).toMatchObject({
        device: 'dn',
        readings: [{ ts: null, metrics: {}, bytes }],
      })
    },
  )

  it.each<[string, unknown, boolean]>([
    ['text', '123', true],
    ['a number', 123, true],
    ['nothing', undefined, false],
    ['empty', '', false],
    ['an object', {}, false],
    ['129 characters', 'x'.repeat(129), false],
  ])('thing-model: an id that is %s', (_, id, isAnswered) => {
    const decoded = decode('thing-model', onenet, { id, params: { a: 1 } })
    expect('replies' in decoded).toBe(isAnswered)
  })
})
