/** The API as functions, one for each operation. It is written from the contract: `UPDATE=1 cargo test --workspace --test functions openapi`. */

import { call } from "./http.js";

/**
 * The public keys that verify access tokens, as a JSON Web Key Set (RFC 7517).
 * `GET /.well-known/jwks.json`
 * @param {object} [options]
 */
export const jwks = (options) =>
  call("GET", `/.well-known/jwks.json`, options);

/**
 * All orders, newest first.
 * `GET /api/v1/admin/orders`
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean, overdue?: string|number|boolean, status?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const listAllOrders = (query, options) =>
  call("GET", `/api/v1/admin/orders`, { query, ...options });

/**
 * Retry the steps of a stuck order.
 * `POST /api/v1/admin/orders/{id}/redrive`
 * @param {string} id
 * @param {object} [options]
 */
export const redriveOrder = (id, options) =>
  call("POST", `/api/v1/admin/orders/${encodeURIComponent(id)}/redrive`, options);

/**
 * The depths of the queues, and their dead letters.
 * `GET /api/v1/admin/queues`
 * @param {object} [options]
 */
export const listQueues = (options) =>
  call("GET", `/api/v1/admin/queues`, options);

/**
 * Retry the dead letters of a queue.
 * `POST /api/v1/admin/queues/{name}/redrive`
 * @param {string} name
 * @param {object} [options]
 */
export const redriveQueue = (name, options) =>
  call("POST", `/api/v1/admin/queues/${encodeURIComponent(name)}/redrive`, options);

/**
 * The index of products, and how far a rebuild is.
 * `GET /api/v1/admin/search/rebuild`
 * @param {object} [options]
 */
export const getRebuild = (options) =>
  call("GET", `/api/v1/admin/search/rebuild`, options);

/**
 * Build the index of products again.
 * `POST /api/v1/admin/search/rebuild`
 * @param {object} [options]
 */
export const rebuildIndex = (options) =>
  call("POST", `/api/v1/admin/search/rebuild`, options);

/**
 * All users, newest first.
 * `GET /api/v1/admin/users`
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const listUsers = (query, options) =>
  call("GET", `/api/v1/admin/users`, { query, ...options });

/**
 * Open an account for somebody.
 * `POST /api/v1/admin/users`
 * @param {{email: string, is_admin?: any, name: string, password: string}} body
 * @param {object} [options]
 */
export const createUser = (body, options) =>
  call("POST", `/api/v1/admin/users`, { body, ...options });

/**
 * Delete an account.
 * `DELETE /api/v1/admin/users/{id}`
 * @param {string} id
 * @param {object} [options]
 */
export const deleteUser = (id, options) =>
  call("DELETE", `/api/v1/admin/users/${encodeURIComponent(id)}`, options);

/**
 * One user.
 * `GET /api/v1/admin/users/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getUser = (id, options) =>
  call("GET", `/api/v1/admin/users/${encodeURIComponent(id)}`, options);

/**
 * Give or take administrator rights.
 * `PATCH /api/v1/admin/users/{id}`
 * @param {string} id
 * @param {{is_admin: boolean}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateUser = (id, body, options) =>
  call("PATCH", `/api/v1/admin/users/${encodeURIComponent(id)}`, { body, ...options });

/**
 * Retry the mails that a user is owed.
 * `POST /api/v1/admin/users/{id}/redrive`
 * @param {string} id
 * @param {object} [options]
 */
export const redriveUser = (id, options) =>
  call("POST", `/api/v1/admin/users/${encodeURIComponent(id)}/redrive`, options);

/**
 * Send the link that proves an address again.
 * `POST /api/v1/auth/email/resend`
 * @param {object} [options]
 */
export const resendVerification = (options) =>
  call("POST", `/api/v1/auth/email/resend`, options);

/**
 * Prove an e-mail address with the token of a mailed link.
 * `POST /api/v1/auth/email/verify`
 * @param {{token: string}} body
 * @param {object} [options]
 */
export const verifyEmail = (body, options) =>
  call("POST", `/api/v1/auth/email/verify`, { body, ...options });

/**
 * Sign in.
 * `POST /api/v1/auth/login`
 * @param {{email: string, password: string, token_delivery?: any}} body
 * @param {object} [options]
 */
export const login = (body, options) =>
  call("POST", `/api/v1/auth/login`, { body, ...options });

/**
 * End the session of a refresh token.
 * `POST /api/v1/auth/logout`
 * @param {{refresh_token?: any}} body
 * @param {object} [options]
 */
export const logout = (body, options) =>
  call("POST", `/api/v1/auth/logout`, { body, ...options });

/**
 * Request a mail with a link that sets a new password.
 * `POST /api/v1/auth/password/forgot`
 * @param {{email: string}} body
 * @param {object} [options]
 */
export const forgotPassword = (body, options) =>
  call("POST", `/api/v1/auth/password/forgot`, { body, ...options });

/**
 * Set a new password with the token of a mailed link.
 * `POST /api/v1/auth/password/reset`
 * @param {{new_password: string, token: string}} body
 * @param {object} [options]
 */
export const resetPassword = (body, options) =>
  call("POST", `/api/v1/auth/password/reset`, { body, ...options });

/**
 * Exchange the refresh token for new tokens.
 * `POST /api/v1/auth/refresh`
 * @param {{refresh_token?: any}} body
 * @param {object} [options]
 */
export const refresh = (body, options) =>
  call("POST", `/api/v1/auth/refresh`, { body, ...options });

/**
 * Open an account and sign in.
 * `POST /api/v1/auth/register`
 * @param {{email: string, name: string, password: string, token_delivery?: any}} body
 * @param {object} [options]
 */
export const register = (body, options) =>
  call("POST", `/api/v1/auth/register`, { body, ...options });

/**
 * End all sessions.
 * `DELETE /api/v1/auth/sessions`
 * @param {object} [options]
 */
export const endSessions = (options) =>
  call("DELETE", `/api/v1/auth/sessions`, options);

/**
 * The caller's sessions.
 * `GET /api/v1/auth/sessions`
 * @param {object} [options]
 */
export const listSessions = (options) =>
  call("GET", `/api/v1/auth/sessions`, options);

/**
 * End one session, such as that of a lost telephone.
 * `DELETE /api/v1/auth/sessions/{id}`
 * @param {string} id
 * @param {object} [options]
 */
export const endSession = (id, options) =>
  call("DELETE", `/api/v1/auth/sessions/${encodeURIComponent(id)}`, options);

/**
 * Empty the cart.
 * `DELETE /api/v1/cart`
 * @param {object} [options]
 */
export const clearCart = (options) =>
  call("DELETE", `/api/v1/cart`, options);

/**
 * The cart at today's prices.
 * `GET /api/v1/cart`
 * @param {object} [options]
 */
export const viewCart = (options) =>
  call("GET", `/api/v1/cart`, options);

/**
 * Add a variant of a product to the cart.
 * `POST /api/v1/cart/items`
 * @param {{product_id?: any, quantity: number, variant_id?: any}} body
 * @param {object} [options]
 */
export const addToCart = (body, options) =>
  call("POST", `/api/v1/cart/items`, { body, ...options });

/**
 * Remove a line from the cart.
 * `DELETE /api/v1/cart/items/{variant_id}`
 * @param {string} variantId
 * @param {object} [options]
 */
export const removeFromCart = (variantId, options) =>
  call("DELETE", `/api/v1/cart/items/${encodeURIComponent(variantId)}`, options);

/**
 * Set the quantity of a line of the cart.
 * `PATCH /api/v1/cart/items/{variant_id}`
 * @param {string} variantId
 * @param {{quantity: number}} body
 * @param {object} [options]
 */
export const setQuantity = (variantId, body, options) =>
  call("PATCH", `/api/v1/cart/items/${encodeURIComponent(variantId)}`, { body, ...options });

/**
 * All categories.
 * `GET /api/v1/categories`
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean}} [query]
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const listCategories = (query, options) =>
  call("GET", `/api/v1/categories`, { query, ...options });

/**
 * Create a category.
 * `POST /api/v1/categories`
 * @param {{name: string, parent_id?: any}} body
 * @param {object} [options]
 */
export const createCategory = (body, options) =>
  call("POST", `/api/v1/categories`, { body, ...options });

/**
 * Delete an empty category.
 * `DELETE /api/v1/categories/{id}`
 * @param {string} id
 * @param {object} [options]
 */
export const deleteCategory = (id, options) =>
  call("DELETE", `/api/v1/categories/${encodeURIComponent(id)}`, options);

/**
 * Rename or move a category.
 * `PUT /api/v1/categories/{id}`
 * @param {string} id
 * @param {{name: string, parent_id?: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateCategory = (id, body, options) =>
  call("PUT", `/api/v1/categories/${encodeURIComponent(id)}`, { body, ...options });

/**
 * The caller's orders, newest first.
 * `GET /api/v1/orders`
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean, status?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const listOrders = (query, options) =>
  call("GET", `/api/v1/orders`, { query, ...options });

/**
 * Check out the cart, or buy the given items.
 * `POST /api/v1/orders`
 * @param {{billing_address?: any, expected_total?: any, items?: any, payment_method: string, shipping_address?: any, shipping_address_id?: any}} body
 * @param {{headers?: object}} [options] headers: idempotency-key
 */
export const placeOrder = (body, options) =>
  call("POST", `/api/v1/orders`, { body, ...options });

/**
 * One order.
 * `GET /api/v1/orders/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getOrder = (id, options) =>
  call("GET", `/api/v1/orders/${encodeURIComponent(id)}`, options);

/**
 * Cancel an order.
 * `POST /api/v1/orders/{id}/cancel`
 * @param {string} id
 * @param {{reason?: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const cancelOrder = (id, body, options) =>
  call("POST", `/api/v1/orders/${encodeURIComponent(id)}/cancel`, { body, ...options });

/**
 * Confirm that everything has arrived.
 * `POST /api/v1/orders/{id}/complete`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-match
 */
export const completeOrder = (id, options) =>
  call("POST", `/api/v1/orders/${encodeURIComponent(id)}/complete`, options);

/**
 * The payment of one of the caller's orders, and its next step.
 * `GET /api/v1/orders/{id}/payment`
 * @param {string} id
 * @param {object} [options]
 */
export const getPayment = (id, options) =>
  call("GET", `/api/v1/orders/${encodeURIComponent(id)}/payment`, options);

/**
 * Move one store's part of an order to its next status.
 * `PUT /api/v1/orders/{id}/status`
 * @param {string} id
 * @param {{status: any, store_id?: any, tracking_number?: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const moveOrder = (id, body, options) =>
  call("PUT", `/api/v1/orders/${encodeURIComponent(id)}/status`, { body, ...options });

/**
 * All products on sale.
 * `GET /api/v1/products`
 * @param {{category_id?: string|number|boolean, cursor?: string|number|boolean, in_stock?: string|number|boolean, limit?: string|number|boolean, max_price?: string|number|boolean, min_price?: string|number|boolean, sort?: string|number|boolean, store_id?: string|number|boolean}} [query]
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const listProducts = (query, options) =>
  call("GET", `/api/v1/products`, { query, ...options });

/**
 * Create a product with its variants.
 * `POST /api/v1/products`
 * @param {{brand?: any, category_id: any, description?: any, is_active?: any, name: string, options?: any, price?: any, sku?: any, stock?: any, store_id?: any, variants?: any}} body
 * @param {object} [options]
 */
export const createProduct = (body, options) =>
  call("POST", `/api/v1/products`, { body, ...options });

/**
 * Search for products.
 * `GET /api/v1/products/search`
 * @param {{brand?: string|number|boolean, category_id?: string|number|boolean, cursor?: string|number|boolean, in_stock?: string|number|boolean, limit?: string|number|boolean, max_price?: string|number|boolean, min_price?: string|number|boolean, min_rating?: string|number|boolean, option?: string|number|boolean, q?: string|number|boolean, sort?: string|number|boolean, store_id?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const searchProducts = (query, options) =>
  call("GET", `/api/v1/products/search`, { query, ...options });

/**
 * Completions for a search box.
 * `GET /api/v1/products/suggest`
 * @param {{q?: string|number|boolean}} [query]
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const suggestProducts = (query, options) =>
  call("GET", `/api/v1/products/suggest`, { query, ...options });

/**
 * Delete a product.
 * `DELETE /api/v1/products/{id}`
 * @param {string} id
 * @param {object} [options]
 */
export const deleteProduct = (id, options) =>
  call("DELETE", `/api/v1/products/${encodeURIComponent(id)}`, options);

/**
 * One product with its variants, images and rating.
 * `GET /api/v1/products/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getProduct = (id, options) =>
  call("GET", `/api/v1/products/${encodeURIComponent(id)}`, options);

/**
 * Change a product.
 * `PATCH /api/v1/products/{id}`
 * @param {string} id
 * @param {{brand?: any, category_id?: any, description?: any, is_active?: boolean, name?: string, options?: Array, price?: any, sku?: string, values?: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateProduct = (id, body, options) =>
  call("PATCH", `/api/v1/products/${encodeURIComponent(id)}`, { body, ...options });

/**
 * The images of one of the caller's products, with their states.
 * `GET /api/v1/products/{id}/images`
 * @param {string} id
 * @param {object} [options]
 */
export const listImages = (id, options) =>
  call("GET", `/api/v1/products/${encodeURIComponent(id)}/images`, options);

/**
 * Get a form that uploads a picture of a product.
 * `POST /api/v1/products/{id}/images`
 * @param {string} id
 * @param {{content_type: any, size: number}} body
 * @param {object} [options]
 */
export const createImage = (id, body, options) =>
  call("POST", `/api/v1/products/${encodeURIComponent(id)}/images`, { body, ...options });

/**
 * Delete a picture of a product.
 * `DELETE /api/v1/products/{id}/images/{image_id}`
 * @param {string} id
 * @param {string} imageId
 * @param {object} [options]
 */
export const deleteImage = (id, imageId, options) =>
  call("DELETE", `/api/v1/products/${encodeURIComponent(id)}/images/${encodeURIComponent(imageId)}`, options);

/**
 * The reviews of a product, newest first.
 * `GET /api/v1/products/{id}/reviews`
 * @param {string} id
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const listReviews = (id, query, options) =>
  call("GET", `/api/v1/products/${encodeURIComponent(id)}/reviews`, { query, ...options });

/**
 * Review a product that the caller has bought.
 * `POST /api/v1/products/{id}/reviews`
 * @param {string} id
 * @param {{comment?: any, order_id: any, rating: number}} body
 * @param {object} [options]
 */
export const createReview = (id, body, options) =>
  call("POST", `/api/v1/products/${encodeURIComponent(id)}/reviews`, { body, ...options });

/**
 * The stock of a product and the seller's movements.
 * `GET /api/v1/products/{id}/stock`
 * @param {string} id
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean, variant_id?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const getStock = (id, query, options) =>
  call("GET", `/api/v1/products/${encodeURIComponent(id)}/stock`, { query, ...options });

/**
 * Add units to a stock, take some out, or set the number.
 * `POST /api/v1/products/{id}/stock`
 * @param {string} id
 * @param {{delta?: any, expected?: any, on_hand?: any, reason?: any, variant_id?: any}} body
 * @param {{headers?: object}} [options] headers: idempotency-key
 */
export const moveStock = (id, body, options) =>
  call("POST", `/api/v1/products/${encodeURIComponent(id)}/stock`, { body, ...options });

/**
 * Add variants to a product with options.
 * `POST /api/v1/products/{id}/variants`
 * @param {string} id
 * @param {{variants: Array}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const createVariants = (id, body, options) =>
  call("POST", `/api/v1/products/${encodeURIComponent(id)}/variants`, { body, ...options });

/**
 * Delete a variant.
 * `DELETE /api/v1/products/{id}/variants/{variant_id}`
 * @param {string} id
 * @param {string} variantId
 * @param {{headers?: object}} [options] headers: if-match
 */
export const deleteVariant = (id, variantId, options) =>
  call("DELETE", `/api/v1/products/${encodeURIComponent(id)}/variants/${encodeURIComponent(variantId)}`, options);

/**
 * Change a variant.
 * `PATCH /api/v1/products/{id}/variants/{variant_id}`
 * @param {string} id
 * @param {string} variantId
 * @param {{image_id?: any, is_active?: boolean, price?: any, sku?: string, weight_grams?: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateVariant = (id, variantId, body, options) =>
  call("PATCH", `/api/v1/products/${encodeURIComponent(id)}/variants/${encodeURIComponent(variantId)}`, { body, ...options });

/**
 * The orders with a part of the caller's store, newest first.
 * `GET /api/v1/seller/orders`
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean, status?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const listSellerOrders = (query, options) =>
  call("GET", `/api/v1/seller/orders`, { query, ...options });

/**
 * The products of the caller's store, shown and hidden, newest first.
 * `GET /api/v1/seller/products`
 * @param {{cursor?: string|number|boolean, limit?: string|number|boolean}} [query]
 * @param {object} [options]
 */
export const listSellerProducts = (query, options) =>
  call("GET", `/api/v1/seller/products`, { query, ...options });

/**
 * One of the caller's products, shown or hidden.
 * `GET /api/v1/seller/products/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getSellerProduct = (id, options) =>
  call("GET", `/api/v1/seller/products/${encodeURIComponent(id)}`, options);

/**
 * Open a store and become a seller.
 * `POST /api/v1/stores`
 * @param {{description?: any, fulfilment?: any, name: string}} body
 * @param {object} [options]
 */
export const createStore = (body, options) =>
  call("POST", `/api/v1/stores`, { body, ...options });

/**
 * One store.
 * `GET /api/v1/stores/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getStore = (id, options) =>
  call("GET", `/api/v1/stores/${encodeURIComponent(id)}`, options);

/**
 * Change the caller's store.
 * `PATCH /api/v1/stores/{id}`
 * @param {string} id
 * @param {{description?: any, fulfilment?: any, name?: string}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateStore = (id, body, options) =>
  call("PATCH", `/api/v1/stores/${encodeURIComponent(id)}`, { body, ...options });

/**
 * Delete the logo of the caller's store.
 * `DELETE /api/v1/stores/{id}/logo`
 * @param {string} id
 * @param {object} [options]
 */
export const deleteLogo = (id, options) =>
  call("DELETE", `/api/v1/stores/${encodeURIComponent(id)}/logo`, options);

/**
 * The logo of the caller's store, and its pending replacement.
 * `GET /api/v1/stores/{id}/logo`
 * @param {string} id
 * @param {object} [options]
 */
export const getLogo = (id, options) =>
  call("GET", `/api/v1/stores/${encodeURIComponent(id)}/logo`, options);

/**
 * Get a form that uploads the logo of the caller's store.
 * `POST /api/v1/stores/{id}/logo`
 * @param {string} id
 * @param {{content_type: any, size: number}} body
 * @param {object} [options]
 */
export const createLogo = (id, body, options) =>
  call("POST", `/api/v1/stores/${encodeURIComponent(id)}/logo`, { body, ...options });

/**
 * Delete the caller's account.
 * `DELETE /api/v1/users/me`
 * @param {{password: string}} body
 * @param {object} [options]
 */
export const deleteMe = (body, options) =>
  call("DELETE", `/api/v1/users/me`, { body, ...options });

/**
 * The signed-in user.
 * `GET /api/v1/users/me`
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getMe = (options) =>
  call("GET", `/api/v1/users/me`, options);

/**
 * Change the name, or begin to change the e-mail address.
 * `PATCH /api/v1/users/me`
 * @param {{current_password?: any, email?: string, name?: string}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateMe = (body, options) =>
  call("PATCH", `/api/v1/users/me`, { body, ...options });

/**
 * The caller's addresses.
 * `GET /api/v1/users/me/addresses`
 * @param {object} [options]
 */
export const listAddresses = (options) =>
  call("GET", `/api/v1/users/me/addresses`, options);

/**
 * Add an address.
 * `POST /api/v1/users/me/addresses`
 * @param {{city: string, country: any, is_default_billing?: any, is_default_shipping?: any, name: string, phone: string, postal_code?: any, state?: any, street1: string, street2?: any}} body
 * @param {object} [options]
 */
export const createAddress = (body, options) =>
  call("POST", `/api/v1/users/me/addresses`, { body, ...options });

/**
 * Delete an address.
 * `DELETE /api/v1/users/me/addresses/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-match
 */
export const deleteAddress = (id, options) =>
  call("DELETE", `/api/v1/users/me/addresses/${encodeURIComponent(id)}`, options);

/**
 * One of the caller's addresses.
 * `GET /api/v1/users/me/addresses/{id}`
 * @param {string} id
 * @param {{headers?: object}} [options] headers: if-none-match
 */
export const getAddress = (id, options) =>
  call("GET", `/api/v1/users/me/addresses/${encodeURIComponent(id)}`, options);

/**
 * Replace an address.
 * `PUT /api/v1/users/me/addresses/{id}`
 * @param {string} id
 * @param {{city: string, country: any, is_default_billing?: any, is_default_shipping?: any, name: string, phone: string, postal_code?: any, state?: any, street1: string, street2?: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const updateAddress = (id, body, options) =>
  call("PUT", `/api/v1/users/me/addresses/${encodeURIComponent(id)}`, { body, ...options });

/**
 * Make an address the default for shipping or billing.
 * `PUT /api/v1/users/me/addresses/{id}/default`
 * @param {string} id
 * @param {{type: any}} body
 * @param {{headers?: object}} [options] headers: if-match
 */
export const setDefaultAddress = (id, body, options) =>
  call("PUT", `/api/v1/users/me/addresses/${encodeURIComponent(id)}/default`, { body, ...options });

/**
 * Change the password.
 * `PUT /api/v1/users/me/password`
 * @param {{current_password: string, new_password: string}} body
 * @param {object} [options]
 */
export const changePassword = (body, options) =>
  call("PUT", `/api/v1/users/me/password`, { body, ...options });

/**
 * Whether the API answers, and its version.
 * `GET /health`
 * @param {object} [options]
 */
export const health = (options) =>
  call("GET", `/health`, options);
