// Asks genai-cost what a call would cost, before it is made; then waits for a change of prices.
//
//   npm install
//   node quote.mjs localhost:4317 gpt-4o input=1420 output=380
//
// PRICE_SERVICE_PROTO names the .proto where this is not run in a checkout; --watch goes on watching.
import { credentials, loadPackageDefinition, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const proto =
  process.env.PRICE_SERVICE_PROTO ??
  new URL("../../proto_gen/price_service.proto", import.meta.url).pathname;
const { genai_cost } = loadPackageDefinition(
  loadSync(proto, { keepCase: true, longs: String, defaults: false }),
);

const [address, model, ...rest] = process.argv.slice(2);
if (!model) {
  console.error("usage: node quote.mjs HOST:PORT MODEL CLASS=COUNT... [--watch]");
  console.error("like:  node quote.mjs localhost:4317 gpt-4o input=1420 output=380");
  process.exit(2);
}
const watching = rest.includes("--watch");
const usage = Object.fromEntries(
  rest
    .filter((each) => each.includes("="))
    .map((each) => each.split("="))
    .map(([name, count]) => [name, Number(count)]),
);
const prices = new genai_cost.v1.PriceService(address, credentials.createInsecure());

const question = { model, usage };
prices.Quote(question, { deadline: Date.now() + 2000 }, (refused, answer) => {
  if (refused) {
    console.error(`${status[refused.code]}: ${refused.details}`);
    process.exitCode = 2;
  } else if (answer.cost === undefined) {
    console.log(`${model} has no price: ${answer.status}: ${answer.detail}`);
    process.exitCode = 1;
  } else {
    console.log(`$${answer.cost_usd}  ${answer.status}  ${answer.row}`);
    for (const part of answer.parts) console.log(`  ${part.usage_class}  $${part.cost_usd}`);
  }
  if (watching && !refused) watch();
  else prices.close();
});

function watch() {
  const news = prices.WatchTable({});
  news.on("data", (table) => console.log(`prices are ${table.version}: ${table.models} models`));
  news.on("end", () => prices.close()); // stopped, or an hour is over: watch again
  news.on("error", (refused) => {
    console.error(`${status[refused.code]}: ${refused.details}`);
    process.exitCode = 2;
  });
}
