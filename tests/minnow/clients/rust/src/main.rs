//! The vendor's Rust client against a node: minnow-rust-client HOST:PORT
use dolphindb::client::ClientBuilder;
use dolphindb::types::{ConstantImpl, DoubleVector, Int, IntVector, StringVector, TableBuilder};

#[tokio::main]
async fn main() {
    let site = std::env::args().nth(1).expect("usage: minnow-rust-client HOST:PORT");
    let mut wrong = ClientBuilder::new(site.as_str());
    wrong.with_auth(("admin", "wrong-one"));
    assert!(wrong.connect().await.is_err(), "a wrong password is refused");

    let mut builder = ClientBuilder::new(site.as_str());
    builder.with_auth(("admin", "123456"));
    let mut client = builder.connect().await.expect("connected");
    let sum = client.run_script("1 + 1").await.expect("a script").expect("a value");
    assert_eq!(sum.to_string(), "2");
    let arguments = [ConstantImpl::from(Int::new(2)), ConstantImpl::from(Int::new(3))];
    let sum = client.run_function("add", &arguments).await.expect("a function").expect("a value");
    assert_eq!(sum.to_string(), "5");
    assert!(client.run_script("noSuchFunction(1)").await.is_err());

    let script = "t = table(1:0, `id`price`name, [INT, DOUBLE, STRING])";
    client.run_script(script).await.expect("a table");
    let numbers: Vec<i32> = (0..100_000).collect();
    let prices: Vec<f64> = numbers.iter().map(|number| f64::from(*number) / 4.0).collect();
    let names: Vec<String> = (0..10).map(|number| format!("name {number}")).collect();
    let names: Vec<&str> = numbers.iter().map(|number| names[*number as usize % 10].as_str()).collect();
    let mut table = TableBuilder::new();
    table.with_name("rows".into());
    table.with_contents(
        vec![
            IntVector::from_raw(&numbers).into(),
            DoubleVector::from_raw(&prices).into(),
            StringVector::from_raw(&names).into(),
        ],
        ["id", "price", "name"].map(String::from).to_vec(),
    );
    let table = table.build().expect("a table of equal columns");
    let stored = client.run_function("tableInsert{t}", &[table.into()]).await.expect("an insert");
    assert_eq!(stored.expect("a count").to_string(), "100000");
    let script = "exec count(*) from t where price == id \\ 4.0 and name like \"name %\"";
    let same = client.run_script(script).await.expect("a count").expect("a value");
    assert_eq!(same.to_string(), "100000");
    println!("ok");
}
