//! Calls typed by serde.
//!
//! Arguments are a tuple: `channel.call("add", &(1, 2))` calls `add(1, 2)` in the other page.

use alloc::{boxed::Box, format, rc::Rc, vec::Vec};

use futures_core::Stream;
use futures_util::StreamExt;
use js_sys::Array;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

use crate::web::{
    answer::Answer,
    channel::{CallOptions, Channel, ConnectOptions, Items},
    driver::Reply,
    error::{Error, Thrown},
};

impl Channel {
    /// Calls a method of the peer with a tuple of arguments.
    ///
    /// # Errors
    ///
    /// The codes `call/*` and `channel/closed`; `call/invalid` when the answer is not a `Ret`. What is
    /// beyond [`ConnectOptions::bodies`] or `limits.queued_bytes` is not sent.
    pub async fn call<Args: Serialize + ?Sized, Ret: DeserializeOwned>(
        &self,
        method: &str,
        args: &Args,
    ) -> Result<Ret, Error> {
        self.call_with(method, args, CallOptions::default()).await
    }

    /// As [`Channel::call`], with a time limit of its own or as one that may be repeated.
    ///
    /// # Errors
    ///
    /// As [`Channel::call`].
    pub async fn call_with<Args: Serialize + ?Sized, Ret: DeserializeOwned>(
        &self,
        method: &str,
        args: &Args,
        options: CallOptions,
    ) -> Result<Ret, Error> {
        match self.call_js(method, to_arguments(method, args)?, options).await? {
            Reply::Value(value) => from_js(method, value),
            Reply::Stream(stream, items) => {
                drop(Items::new(self, stream, items));
                Err(Error::new("call/invalid", format!("{method} answered with a stream: use call_stream")))
            }
        }
    }

    /// Calls a method that answers with an async iterable or a stream, and reads it.
    ///
    /// # Errors
    ///
    /// As [`Channel::call`]; `call/invalid` when the answer is no stream.
    pub async fn call_stream<Args: Serialize + ?Sized, Item: DeserializeOwned>(
        &self,
        method: &str,
        args: &Args,
    ) -> Result<impl Stream<Item = Result<Item, Error>> + use<Args, Item>, Error> {
        match self.call_js(method, to_arguments(method, args)?, CallOptions::default()).await? {
            Reply::Stream(stream, items) => {
                Ok(Items::new(self, stream, items)
                    .map(|item| item.and_then(|item| from_js("a stream", item))))
            }
            Reply::Value(_) => {
                Err(Error::new("call/invalid", format!("{method} did not answer with a stream")))
            }
        }
    }

    /// Calls a method of the peer without waiting for an answer.
    ///
    /// # Errors
    ///
    /// `call/busy` at a limit, `call/not-cloneable` for what cannot cross, `call/method-not-found` for a
    /// name that is too long, `channel/closed` after the end.
    pub fn notify<Args: Serialize + ?Sized>(&self, method: &str, args: &Args) -> Result<(), Error> {
        self.notify_js(method, to_arguments(method, args)?)
    }

    /// Emits an event.
    ///
    /// # Errors
    ///
    /// As [`Channel::notify`]; `call/invalid` for a topic that is too long.
    pub fn emit<Payload: Serialize + ?Sized>(&self, topic: &str, payload: &Payload) -> Result<(), Error> {
        self.emit_js(topic, to_js(topic, payload)?)
    }

    /// The events of a topic, from now on; a payload that is not a `T` is an `Err` of its own.
    pub fn on<T: DeserializeOwned>(&self, topic: &str) -> impl Stream<Item = Result<T, Error>> + use<T> {
        self.on_js(topic).map(|payload| from_js("an event", payload))
    }

    /// Offers a method from now on, or another one in its place. Calls that came before are answered
    /// with `call/method-not-found`: give methods to [`ConnectOptions::handle`] to miss none.
    pub fn handle<Args, Ret, Answered>(&self, method: &str, handler: impl Fn(Args) -> Answered + 'static)
    where
        Args: DeserializeOwned + 'static,
        Ret: Serialize + 'static,
        Answered: Future<Output = Result<Ret, Thrown>> + 'static,
    {
        self.handle_js(ConnectOptions::default().handle(method, handler));
    }
}

impl ConnectOptions {
    /// Offers a method: a tuple of arguments in, a result or what it threw out.
    #[must_use]
    pub fn handle<Args, Ret, Answered>(
        mut self,
        method: &str,
        handler: impl Fn(Args) -> Answered + 'static,
    ) -> Self
    where
        Args: DeserializeOwned + 'static,
        Ret: Serialize + 'static,
        Answered: Future<Output = Result<Ret, Thrown>> + 'static,
    {
        let handler = Rc::new(handler);
        self.offer(method, move |args| {
            let handler = Rc::clone(&handler);
            Box::pin(async move {
                let answer = handler(arguments(&args)?).await?;
                to_js("the answer", &answer).map(Answer::Value).map_err(|error| Thrown::new(error.message))
            })
        });
        self
    }

    /// Offers a method that answers with a stream; the peer reads it as an async iterable.
    #[must_use]
    pub fn handle_stream<Args, Item, Items>(
        mut self,
        method: &str,
        handler: impl Fn(Args) -> Items + 'static,
    ) -> Self
    where
        Args: DeserializeOwned + 'static,
        Item: Serialize + 'static,
        Items: Stream<Item = Item> + 'static,
    {
        let handler = Rc::new(handler);
        self.offer(method, move |args| {
            let handler = Rc::clone(&handler);
            Box::pin(async move {
                let items = handler(arguments(&args)?);
                Ok(Answer::Stream(Box::pin(
                    items.map(|item| to_js("an item", &item).map_err(|error| Thrown::new(error.message))),
                )))
            })
        });
        self
    }
}

fn arguments<Args: DeserializeOwned>(args: &[JsValue]) -> Result<Args, Thrown> {
    let array: Array = args.iter().collect();
    // A method without arguments takes `()`, which is `undefined` and not an empty array.
    let value = if args.is_empty() { JsValue::UNDEFINED } else { array.into() };
    from_js("the arguments", value)
        .map_err(|error| Thrown { name: "TypeError".into(), message: error.message })
}

fn to_js<T: Serialize + ?Sized>(what: &str, value: &T) -> Result<JsValue, Error> {
    // Plain objects for maps and structs: what a JavaScript page expects.
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible().serialize_missing_as_null(false))
        .map_err(|error| Error::new("call/not-cloneable", format!("{what}: {error}")))
}

fn to_arguments<Args: Serialize + ?Sized>(method: &str, args: &Args) -> Result<Vec<JsValue>, Error> {
    let value = to_js(method, args)?;
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    let wrong = || Error::new("call/invalid", format!("{method}: the arguments must be a tuple"));
    value.dyn_into::<Array>().map(|array| array.to_vec()).map_err(|_| wrong())
}

fn from_js<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, Error> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| Error::new("call/invalid", format!("{what}: {error}")))
}
