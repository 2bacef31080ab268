// Calls the sidecar through the official SDK and prints what came of it as one line of JSON.
const { CommunicationProtocolEnum, DaprClient, DaprServer, HttpMethod } = require("@dapr/dapr");

const [sidecarPort, appPort] = process.argv.slice(2);
const client = {
  daprHost: "127.0.0.1",
  daprPort: sidecarPort,
  communicationProtocol: CommunicationProtocolEnum.HTTP,
};

async function main() {
  const events = [];
  const server = new DaprServer({
    serverHost: "127.0.0.1",
    serverPort: appPort,
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    clientOptions: client,
  });
  await server.invoker.listen("hello", async (request) => ({ hello: JSON.parse(request.body).name }), {
    method: HttpMethod.POST,
  });
  await server.pubsub.subscribe("pubsub", "orders", async (data) => events.push(data));
  await server.start();

  const dapr = new DaprClient(client);
  const invoked = await dapr.invoker.invoke("js-app", "hello", HttpMethod.POST, { name: "星辰" });
  await untilSubscribed(dapr);
  const published = await dapr.pubsub.publish("pubsub", "orders", { order: 1 });
  await dapr.pubsub.publishBulk("pubsub", "orders", [{ order: 2 }, { order: 3 }]);
  await until(() => events.length === 3);
  const secret = await dapr.secret.get("secrets", "one");
  const secrets = await dapr.secret.getBulk("secrets");
  await dapr.metadata.set("color", "blue");
  const metadata = await dapr.metadata.get();
  console.log(JSON.stringify({
    invoked,
    error: published.error ? String(published.error) : null,
    orders: events.map((event) => event.order).sort(),
    secret,
    nested: secrets["nested:a"],
    id: metadata.id,
    color: metadata.extended.color,
    healthy: await dapr.health.isHealthy(),
  }));
  process.exit(0);
}

async function untilSubscribed(dapr) {
  for (let i = 0; i < 100; i++) {
    const metadata = await dapr.metadata.get();
    if ((metadata.subscriptions ?? []).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function until(condition) {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
