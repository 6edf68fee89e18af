// When the city heats: 15 October to 15 April. The dates are the usual ones of the region and have not been checked against the city's
// order; a city with other dates changes them here.

import type { Window } from '../../src/core/rule.ts'

export const heatingSeason: Window = { kind: 'season', from: '10-15', to: '04-15' }
