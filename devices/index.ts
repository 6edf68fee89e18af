// The catalogue of device types. A new type is a folder and a line here.

import type { DeviceType } from '../src/core/device-type.ts'
import { gasValveWell } from './gas-valve-well/type.ts'
import { heatExchangeStation } from './heat-exchange-station/type.ts'
import { hydrant } from './hydrant/type.ts'
import { indoorTemperature } from './indoor-temperature/type.ts'
import { irrigation } from './irrigation/type.ts'
import { lightingFeeder } from './lighting-feeder/type.ts'
import { manholeCover } from './manhole-cover/type.ts'
import { parkingBay } from './parking-bay/type.ts'
import { poleTilt } from './pole-tilt/type.ts'
import { publicToilet } from './public-toilet/type.ts'
import { reclaimedWaterMeter } from './reclaimed-water-meter/type.ts'
import { riverStation } from './river-station/type.ts'
import { roadWaterlogging } from './road-waterlogging/type.ts'
import { sanitationVehicle } from './sanitation-vehicle/type.ts'
import { sewagePlant } from './sewage-plant/type.ts'
import { sewagePumpStation } from './sewage-pump-station/type.ts'
import { siteDustNoise } from './site-dust-noise/type.ts'
import { streetlight } from './streetlight/type.ts'
import { trafficSignal } from './traffic-signal/type.ts'
import { utilityTunnel } from './utility-tunnel/type.ts'
import { wasteBin } from './waste-bin/type.ts'
import { waterMain } from './water-main/type.ts'
import { weatherStation } from './weather-station/type.ts'
import { wellMeter } from './well-meter/type.ts'

/** In the order of the contract. */
export const deviceTypes: readonly DeviceType[] = [
  streetlight,
  lightingFeeder,
  poleTilt,
  manholeCover,
  roadWaterlogging,
  riverStation,
  waterMain,
  wellMeter,
  sewagePumpStation,
  sewagePlant,
  reclaimedWaterMeter,
  heatExchangeStation,
  indoorTemperature,
  gasValveWell,
  siteDustNoise,
  wasteBin,
  publicToilet,
  sanitationVehicle,
  parkingBay,
  trafficSignal,
  irrigation,
  utilityTunnel,
  hydrant,
  weatherStation,
]
