/** An object of about 1 KB as JSON text: what a page might send about an order. */
export function order() {
  return {
    id: "order-000000000042",
    customer: { name: "Ada Lovelace", email: "ada@shop.example", newsletter: false },
    lines: Array.from({ length: 10 }, (_, index) => ({
      article: `article-${index}`,
      title: `Something worth having, number ${index}`,
      count: index + 1,
      price: 1999 + index,
    })),
    total: 21540,
    note: "Please ring twice; the bell is on the left hand side of the door.",
  };
}
