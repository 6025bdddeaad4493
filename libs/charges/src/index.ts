export { type Charge } from './charge.js';
export { chargeColumns, chargeOf, type ChargeRow } from './charge.store.js';
export { correctedJoin } from './correction.js';
export { gather, type Gathering } from './gathering.store.js';
export { type SettlementSeries, settlementNumber } from './gathering.js';
export { rebill, type Rebilled, type RebillRequest } from './rebill.action.js';
